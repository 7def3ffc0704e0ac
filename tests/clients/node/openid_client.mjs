// npm openid-client, unmodified, as a relying party. The only switch that a test needs is its own
// documented `allowInsecureRequests`: the issuer is plain HTTP on the loopback interface.

import * as client from 'openid-client'
import { serve } from './lines.mjs'

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

  async authorization_url({ redirect_uri, scope, parameters }) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    redirectUri = redirect_uri
    checks = {
      pkceCodeVerifier,
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
      ...('max_age' in parameters && { maxAge: Number(parameters.max_age) }),
    }
    return client.buildAuthorizationUrl(config, {
      ...parameters,
      redirect_uri,
      scope,
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
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
