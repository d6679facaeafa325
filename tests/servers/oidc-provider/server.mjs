// Hosts the published oidc-provider package: its settings, five clients, one
// user and the login. Everything the protocol says is the package's own doing.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

const env = (name, otherwise) => process.env[name] || otherwise;
const seconds = (name, otherwise) => Number(env(name, otherwise));

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const redirectUri = env('REDIRECT_URI', 'http://127.0.0.1:8765/callback');
const user = { name: 'alice', password: 'wonderland' };
const settings = {
  access_ttl: seconds('ACCESS_TTL', 300),
  refresh_ttl: seconds('REFRESH_TTL', 3600),
  code_ttl: seconds('CODE_TTL', 60),
  rotate: env('ROTATE', 'always'),
  auto_consent: env('AUTO_CONSENT', '1') === '1',
};

const login = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: [redirectUri],
  token_endpoint_auth_method: 'client_secret_basic',
};
const clients = {
  basic: { client_id: 'app-basic', client_secret: 'basic-secret-0123456789', ...login },
  // both halves of the Basic header need form-encoding (RFC 6749, 2.3.1)
  basic_odd: { client_id: 'app:odd id+1', client_secret: 'p%ss w:rd+/=&?', ...login },
  post: { client_id: 'app-post', client_secret: 'post-secret-0123456789', ...login, token_endpoint_auth_method: 'client_secret_post' },
  // native: a loopback redirect URI matches with any port (RFC 8252, 7.3)
  public: { client_id: 'app-public', ...login, application_type: 'native', token_endpoint_auth_method: 'none' },
  machine: {
    client_id: 'app-machine',
    client_secret: 'machine-secret-0123456789',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_basic',
  },
};

// What the package keeps by itself is a thousand entries, of which it forgets the oldest.
class Everything {
  static kept = new Map();
  static grants = new Map();

  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    Everything.kept.set(key, { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    if (payload.uid) Everything.kept.set(this.key(`uid:${payload.uid}`), { payload, until: Infinity });
    if (payload.grantId) Everything.grants.set(payload.grantId, [...(Everything.grants.get(payload.grantId) ?? []), key]);
  }

  async find(id) {
    const { payload, until } = Everything.kept.get(this.key(id)) ?? {};
    return until > Date.now() ? payload : undefined;
  }

  async findByUid(uid) {
    return this.find(`uid:${uid}`);
  }

  async consume(id) {
    (await this.find(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    Everything.kept.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of Everything.grants.get(grantId) ?? []) Everything.kept.delete(key);
    Everything.grants.delete(grantId);
  }
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const day = () => 86400;
const own = async (ctx, client, token) => token.clientId === client.clientId;
const provider = new Provider(issuer, {
  adapter: Everything,
  clients: Object.values(clients),
  cookies: { keys: [randomBytes(24).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'test' }] },
  scopes: ['openid', 'offline_access', 'profile', 'api-read', 'api-write'],
  claims: { openid: ['sub'], profile: ['name'] },
  clockTolerance: 0, // it would be added to each lifetime
  ttl: {
    AccessToken: () => settings.access_ttl,
    ClientCredentials: () => settings.access_ttl,
    IdToken: () => settings.access_ttl,
    RefreshToken: () => settings.refresh_ttl,
    AuthorizationCode: () => settings.code_ttl,
    Interaction: day,
    Session: day,
    Grant: day,
  },
  pkce: { required: () => true },
  rotateRefreshToken: () => settings.rotate === 'always',
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  clientBasedCORS: () => false,
  findAccount: async (ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, name: `User ${sub}` }) }),
  interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: own },
    revocation: { enabled: true },
  },
});

// Login and consent in one step: at once, or (AUTO_CONSENT=0) by one form.
// login_hint=deny in the authorization request, or action=deny in the form, refuses.
async function decide(ctx, params) {
  if (settings.auto_consent) return params.login_hint !== 'deny';
  if (ctx.method !== 'POST') return undefined;
  const form = new URLSearchParams(await text(ctx.req));
  if (form.get('action') === 'deny') return false;
  return form.get('username') === user.name && form.get('password') === user.password ? true : undefined;
}

const page = `<!DOCTYPE html><title>Sign in</title><form method="post">
<input name="username"><input name="password" type="password">
<button name="action" value="allow">Allow</button><button name="action" value="deny">Deny</button></form>`;

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) {
    await next();
    return;
  }
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const allowed = await decide(ctx, params);
  if (allowed === undefined) {
    ctx.status = ctx.method === 'POST' ? 401 : 200;
    ctx.type = 'html';
    ctx.body = page;
    return;
  }
  let result = { error: 'access_denied', error_description: 'the user said no' };
  if (allowed) {
    const grant = new provider.Grant({ accountId: user.name, clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? 'openid');
    result = { login: { accountId: user.name }, consent: { grantId: await grant.save() } };
  }
  ctx.status = 303;
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
});

// the log says why a request was refused; the reply often does not
for (const event of ['authorization', 'grant', 'introspection', 'revocation']) {
  provider.on(`${event}.error`, (ctx, error) => console.error(event, error.error, error.error_description, error.error_detail ?? ''));
}
provider.on('server_error', (ctx, error) => console.error('server_error', error));

writeFileSync('server.json', JSON.stringify({
  server: 'oidc-provider',
  issuer,
  endpoints: {
    authorization: `${issuer}/auth`,
    token: `${issuer}/token`,
    revocation: `${issuer}/token/revocation`,
    introspection: `${issuer}/token/introspection`,
    userinfo: `${issuer}/me`,
    login_api: null,
    grant_api: null,
  },
  clients: Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, {
    client_id: client.client_id,
    client_secret: client.client_secret ?? null,
    auth: client.token_endpoint_auth_method,
  }])),
  redirect_uri: redirectUri,
  user,
  settings,
}, null, 2));
provider.listen(port, '127.0.0.1');
