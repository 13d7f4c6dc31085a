"""What is done with cameras beside running them: traces, their replay, the drill."""
