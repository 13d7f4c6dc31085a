/**
 * A page that stands for a meeting platform in a simulated room, without any network: its picture
 * goes through a WebRTC call of the page with itself, its sound to the server and back. It knows no
 * room, and exposes what such a platform's page does: whether it has joined.
 * It plays a foreign site, hence its own words and no shared module. `?deny=1` plays a refusal.
 */

const WORDS = {
  en: {
    asking: "Asking for camera and microphone…",
    joining: "Joining…",
    in_call: "In the demo meeting. The far picture is your own, sent through a real call.",
    blocked: "No camera and microphone: this page may not use them, or there are none.",
    ended: "The meeting has ended.",
  },
  zh: {
    asking: "正在请求使用摄像头和麦克风…",
    joining: "正在加入…",
    in_call: "已进入演示会议。对方画面为本机画面，经真实通话传输。",
    blocked: "没有摄像头和麦克风：此页面未获准使用，或设备不存在。",
    ended: "会议已结束。",
  },
};

const PIECE_MS = 100; // of sound that is sent at a time

/** @typedef {keyof typeof WORDS.en} State */

const zh = navigator.language.startsWith("zh");
document.documentElement.lang = zh ? "zh-CN" : "en";

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const video = (/** @type {string} */ id) => /** @type {HTMLVideoElement} */ (part(id));

/** @param {State} state */
function say(state) {
  document.body.dataset.state = state;
  part("state").textContent = WORDS[zh ? "zh" : "en"][state];
}

/** Ask for both; a room without a camera still talks. */
async function media() {
  if (new URLSearchParams(location.search).has("deny")) throw new Error("denied on request");
  const picture = { width: { ideal: 1280 }, height: { ideal: 720 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
  } catch {
    return navigator.mediaDevices.getUserMedia({ audio: true });
  }
}

/**
 * Send our sound to the server, which sends it back: as there is somebody else, so do two witnesses say.
 * @param {MediaStream} stream
 */
function speak(stream) {
  const socket = new WebSocket(`ws://${location.host}/echo`);
  const sound = new MediaStream(stream.getAudioTracks());
  /** @type {MediaRecorderOptions & {audioBitrateMode: string}} */
  const how = { audioBitsPerSecond: 64_000, audioBitrateMode: "constant" };
  const recorder = new MediaRecorder(sound, how);
  recorder.ondataavailable = ({ data }) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  socket.onopen = () => recorder.start(PIECE_MS);
}

/**
 * Call ourselves: two ends in one page, no server between them.
 * @param {MediaStream} stream
 */
async function call(stream) {
  const [near, far] = [new RTCPeerConnection({ iceServers: [] }), new RTCPeerConnection({ iceServers: [] })];
  near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined);
  far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined);
  near.onconnectionstatechange = () => {
    if (near.connectionState === "connected") say("in_call");
    if (near.connectionState === "failed") say("ended");
  };
  far.ontrack = ({ streams }) => {
    video("remote").srcObject = streams[0];
  };
  for (const track of stream.getTracks()) near.addTrack(track, stream);
  // The other end answers with the same media, so that it flows both ways.
  await near.setLocalDescription();
  await far.setRemoteDescription(/** @type {RTCSessionDescription} */ (near.localDescription));
  for (const track of stream.getTracks()) far.addTrack(track, stream);
  await far.setLocalDescription();
  await near.setRemoteDescription(/** @type {RTCSessionDescription} */ (far.localDescription));
}

function tick() {
  part("clock").textContent = new Date().toLocaleTimeString(zh ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
}

Object.assign(globalThis, { APP: { conference: { isJoined: () => document.body.dataset.state === "in_call" } } });
part("room").textContent = decodeURIComponent(location.pathname.slice(1));
tick();
setInterval(tick, 1000);
say("asking");
try {
  const stream = await media();
  video("local").srcObject = stream;
  video("remote").muted = true; // the room's own voice must not come back out of its loudspeaker
  say("joining");
  speak(stream);
  await call(stream);
} catch {
  say("blocked");
}

export {};
