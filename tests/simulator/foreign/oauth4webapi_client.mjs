// Logs in, trades the code and refreshes with oauth4webapi.
import { text } from 'node:stream/consumers';
import * as oauth from 'oauth4webapi';

const at = JSON.parse(await text(process.stdin));
const insecure = { [oauth.allowInsecureRequests]: true };
const server = { issuer: at.issuer, authorization_endpoint: at.authorize, token_endpoint: at.token };
const client = { client_id: at.client_id };
const shown = {
  client_secret_basic: () => oauth.ClientSecretBasic(at.client_secret),
  client_secret_post: () => oauth.ClientSecretPost(at.client_secret),
  none: () => oauth.None(),
}[at.auth]();

// A client whose step failed has nothing to go on with.
async function step(name, action) {
  try {
    const result = await action();
    console.log(JSON.stringify({ step: name, ok: true, why: '' }));
    return result;
  } catch (error) {
    console.log(JSON.stringify({ step: name, ok: false, why: error.error ?? error.message }));
    process.exit(0);
  }
}

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(at.authorize);
const query = { response_type: 'code', client_id: at.client_id, redirect_uri: at.redirect_uri, scope: at.scope, state, ...at.extra };
if (at.pkce) {
  query.code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
  query.code_challenge_method = 'S256';
}
for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);

const params = await step('login', async () => {
  const answer = await fetch(url, { redirect: 'manual' });
  const back = answer.headers.get('location');
  if (!back) throw new Error(`status ${answer.status}: ${await answer.text()}`);
  return oauth.validateAuthResponse(server, client, new URL(back), state);
});
const tokens = await step('exchange', async () => {
  const proof = at.pkce ? verifier : oauth.nopkce;
  const answer = await oauth.authorizationCodeGrantRequest(server, client, shown, params, at.redirect_uri, proof, insecure);
  return oauth.processAuthorizationCodeResponse(server, client, answer);
});
if (tokens.refresh_token) {
  await step('refresh', async () => {
    const answer = await oauth.refreshTokenGrantRequest(server, client, shown, tokens.refresh_token, insecure);
    return oauth.processRefreshTokenResponse(server, client, answer);
  });
}
