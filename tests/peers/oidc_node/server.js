// An OpenID provider of another maker (oidc-provider) for the tests: whoever comes is `LOGIN`, and has agreed already.
// Its state is told over stdin, a JSON object a line: {"login": "s-anna", "rotate": true}.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import Provider, { interactionPolicy } from "oidc-provider";

const { PORT, CLIENT, SECRET, BACK, LEFT } = process.env;
const issuer = `http://localhost:${PORT}`;
const people = JSON.parse(process.env.PEOPLE);
let login = Object.keys(people)[0];
let groupsAt = "token";

function key() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function make(keys) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        redirect_uris: [BACK],
        post_logout_redirect_uris: [LEFT],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    jwks: { keys },
    cookies: { keys: ["tests alone"] },
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    conformIdTokenClaims: groupsAt !== "token",
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}`, policy: interactionPolicy.base() },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 60, Session: 600, Grant: 600 },
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
  const answer = provider.callback();
  return async (request, response) => {
    if (request.url.startsWith("/interaction/")) {
      await provider.interactionFinished(request, response, { login: { accountId: login, remember: false } });
      return;
    }
    answer(request, response);
  };
}

let keys = [key()];
let handle = make(keys);
createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line);
  if (told.login) login = told.login;
  if (told.people) Object.assign(people, told.people);
  if (told.groups_at) groupsAt = told.groups_at;
  if (told.rotate) keys = [key()];
  if (told.rotate || told.groups_at) handle = make(keys);
  console.log(line);
});
createServer((request, response) => handle(request, response)).listen(Number(PORT), "127.0.0.1");
