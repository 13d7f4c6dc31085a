"""How good the judgement of presence is: labelled samples, made-up weeks, and simpler baselines."""
