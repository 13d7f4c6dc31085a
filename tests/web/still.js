// Whether what is drawn stays: fonts and pictures are there, and for four frames, which are to come
// within a second, nothing changes and nothing moves. An expression that is evaluated in the page.
async () => {
  let changed = false;
  const watch = new MutationObserver(() => (changed = true));
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const moves = (e) => e.playState === "running" && e.effect.getComputedTiming().endTime < Infinity;
  const late = () => document.fonts.status === "loading" || [...document.images].some((e) => !e.complete);
  let frames = 0;
  for (let looks = 0; frames < 4 && looks < 60; looks += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    frames = changed || late() || document.getAnimations().some(moves) ? 0 : frames + 1;
    changed = false;
  }
  watch.disconnect();
  return frames === 4;
}
