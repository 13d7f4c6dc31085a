// Serves Google's Calendar API as @emulators/google in the folder that is named has it, on a port
// of loopback, for one account with one calendar; prints a line once it listens.
import { createServer as listen } from "node:http";

const [folder, port, email, token] = process.argv.slice(2);
const from = (name) => import(`${folder}/node_modules/@emulators/${name}/dist/index.js`);
const [{ createServer }, { googlePlugin, seedFromConfig }] = await Promise.all([from("core"), from("google")]);
const baseUrl = `http://127.0.0.1:${port}`;
const tokens = { [token]: { login: email, id: 1, scopes: [] } };
const { app, store } = createServer(googlePlugin, { port: Number(port), baseUrl, tokens });
const calendars = [{ id: email, user_email: email, summary: email, primary: true, time_zone: "UTC" }];
seedFromConfig(store, baseUrl, { users: [{ email, name: "Room" }], calendars });

const server = listen(async (request, response) => {
  const body = [];
  for await (const piece of request) body.push(piece);
  const { method, headers, url } = request;
  const sent = body.length > 0 && method !== "GET" ? { body: Buffer.concat(body) } : {};
  const answer = await app.fetch(new Request(baseUrl + url, { method, headers, ...sent }));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
