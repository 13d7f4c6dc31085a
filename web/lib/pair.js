/** Pairing: a one-time token from the address becomes a cookie; the token leaves the address at once. */

/**
 * Redeem the `#pair=TOKEN` of this page's address, if there is one.
 * @returns {Promise<"none" | "done" | "refused" | "unreachable">}
 */
export async function redeem() {
  const token = new URLSearchParams(location.hash.slice(1)).get("pair");
  if (!token) return "none";
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const answer = await fetch("/api/v1/pair", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return answer.ok ? "done" : "refused";
  } catch {
    return "unreachable";
  }
}

/** Whether the server knows this browser; a server that does not answer is given the benefit of the doubt. */
export async function paired() {
  try {
    const answer = await fetch("/api/v1/room", { signal: AbortSignal.timeout(CHECK_MS) });
    return answer.status !== 401 && answer.status !== 403;
  } catch {
    return true;
  }
}

const CHECK_MS = 4000;
