// Whether what is drawn stays: fonts and pictures are there, and for four frames, which are to come
// within a second, the page says the same and nothing moves. An expression for the page.
async () => {
  const moves = (e) => e.playState === "running" && e.effect.getComputedTiming().endTime < Infinity;
  const late = () => document.fonts.status === "loading" || [...document.images].some((e) => !e.complete);
  let [said, frames] = ["", 0];
  for (let looks = 0; frames < 4 && looks < 60; looks += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const before = said;
    said = document.body.outerHTML;
    frames = said !== before || late() || document.getAnimations().some(moves) ? 0 : frames + 1;
  }
  return frames === 4;
}
