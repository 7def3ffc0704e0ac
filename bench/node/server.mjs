// The peer: oidc-provider in memory, configured for the work that the benchmark measures.
//
// Started by bench/subjects/oidc_provider.py as `node server.mjs`, with one JSON document in
// BENCH_PEER: {port, store, service: {id, secret}, web: {id, secret, redirect_uri}, id_token_alg,
// signed: {resource, alg} or null}.
// Writes one line "ready" to standard output once it listens.

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

import MapAdapter from './map_adapter.mjs';

const settings = JSON.parse(process.env.BENCH_PEER);
const issuer = `http://127.0.0.1:${settings.port}`;

function privateJwk(type, options, extra) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...extra };
}

// An API that wants its access tokens as JWTs, by a resource indicator (RFC 8707).
const resourceIndicators = {
  enabled: true,
  defaultResource: () => undefined,
  getResourceServerInfo: async () => ({
    audience: settings.signed.resource,
    scope: '',
    accessTokenFormat: 'jwt',
    accessTokenTTL: 3600,
    jwt: { sign: { alg: settings.signed.alg } },
  }),
};

const provider = new Provider(issuer, {
  // "bundled" is the adapter that the package itself uses when it is given none.
  ...(settings.store === 'map' ? { adapter: MapAdapter } : {}),
  clients: [
    {
      client_id: settings.service.id,
      client_secret: settings.service.secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      client_id: settings.web.id,
      client_secret: settings.web.secret,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [settings.web.redirect_uri],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: settings.id_token_alg,
    },
  ],
  jwks: {
    keys: [
      privateJwk('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'bench-rs256' }),
      privateJwk('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'bench-es256' }),
    ],
  },
  cookies: { keys: ['a key for the benchmark only'] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    ...(settings.signed ? { resourceIndicators } : {}),
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  // A refresh token comes with every code, and no session is looked up when it is used: the same
  // work as for offline_access, which this package grants only on a page shown each time.
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  ttl: { AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 3600, Grant: 86400,
    IdToken: 3600, Interaction: 3600, RefreshToken: 86400, Session: 86400 },
  findAccount: async (_ctx, sub) => ({
    accountId: sub,
    claims: async () => ({
      sub,
      name: 'Ada Example',
      given_name: 'Ada',
      family_name: 'Example',
      preferred_username: sub,
      email: `${sub}@example.com`,
      email_verified: true,
    }),
  }),
});

const page = (fields) => `<!doctype html><form method="post">${fields}</form>`;
const signIn = page('<input name="username"><input name="password" type="password"><button>Sign in</button>');
const consent = page('<button name="decision" value="allow">Allow</button>');

function sendPage(response, body) {
  response.writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

async function allow(details) {
  const { prompt, params, session, grantId } = details;
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const missing = prompt.details;
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
  if (missing.missingOIDCClaims) grant.addOIDCClaims(missing.missingOIDCClaims);
  return { consent: { grantId: await grant.save() } };
}

// Sign-in and consent happen once, before anything is measured; any password is right.
async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const asksSignIn = details.prompt.name === 'login';
  if (request.method !== 'POST') {
    sendPage(response, asksSignIn ? signIn : consent);
    return;
  }
  const form = await readForm(request);
  const result = asksSignIn ? { login: { accountId: form.get('username') } } : await allow(details);
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const serve = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    serve(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(String(error.stack));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(settings.port, '127.0.0.1', () => process.stdout.write('ready\n'));
