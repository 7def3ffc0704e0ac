// npm openid-client, unmodified, as a relying party. The only switch that a test needs is its own
// documented `allowInsecureRequests`: the issuer is plain HTTP on the loopback interface.

import * as client from 'openid-client'
import { json, serve } from './lines.mjs'

const authentication = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
}

let config
let redirectUri
let checks

function tokens(answer) {
  return { ...answer, claims: answer.claims() ?? null }
}

await serve({
  async discover({ issuer, client_id, client_secret, auth_method, algorithm = 'oidc' }) {
    config = await client.discovery(
      new URL(issuer),
      client_id,
      undefined,
      authentication[auth_method](client_secret),
      { algorithm, execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
    )
    return config.serverMetadata()
  },

  async set_up({ metadata, client_id, client_secret, auth_method }) {
    const authenticate = authentication[auth_method](client_secret)
    config = new client.Configuration(metadata, client_id, undefined, authenticate)
    client.allowInsecureRequests(config)
  },

  async authorization_url({ redirect_uri, scope, parameters, checks: wanted }) {
    redirectUri = redirect_uri
    checks = {
      ...(wanted.includes('pkce') && { pkceCodeVerifier: client.randomPKCECodeVerifier() }),
      ...(wanted.includes('state') && { expectedState: client.randomState() }),
      ...(wanted.includes('nonce') && { expectedNonce: client.randomNonce(), idTokenExpected: true }),
      ...('max_age' in parameters && { maxAge: Number(parameters.max_age) }),
    }
    return client.buildAuthorizationUrl(config, {
      ...parameters,
      redirect_uri,
      scope,
      ...(checks.expectedState && { state: checks.expectedState }),
      ...(checks.expectedNonce && { nonce: checks.expectedNonce }),
      ...(checks.pkceCodeVerifier && {
        code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
      }),
    }).href
  },

  async finish({ url, fields }) {
    const arrived = fields
      ? new Request(url, { method: 'POST', body: new URLSearchParams(fields) })
      : new URL(url)
    return tokens(await client.authorizationCodeGrant(config, arrived, checks, { redirect_uri: redirectUri }))
  },

  async refresh({ refresh_token }) {
    return tokens(await client.refreshTokenGrant(config, refresh_token))
  },

  async call({ method, url, access_token, body }) {
    const sent = body ? [JSON.stringify(body), new Headers({ 'content-type': 'application/json' })] : []
    return json(await client.fetchProtectedResource(config, access_token, new URL(url), method, ...sent))
  },

  async userinfo({ access_token, subject }) {
    return client.fetchUserInfo(config, access_token, subject)
  },

  async introspect({ token }) {
    return client.tokenIntrospection(config, token)
  },

  async revoke({ token }) {
    await client.tokenRevocation(config, token)
  },

  async client_credentials({ scope }) {
    return tokens(await client.clientCredentialsGrant(config, scope ? { scope } : {}))
  },

  async sign_out_url({ id_token }) {
    return client.buildEndSessionUrl(config, { id_token_hint: id_token }).href
  },
})
