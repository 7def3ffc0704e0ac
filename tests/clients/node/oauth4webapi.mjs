// npm oauth4webapi, unmodified, as a relying party. The only switch that a test needs is its own
// documented `allowInsecureRequests`: the issuer is plain HTTP on the loopback interface.

import * as oauth from 'oauth4webapi'
import { json, serve } from './lines.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }
const authentication = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: oauth.None,
}

let as
let client
let authenticate
let pending

async function verified(response, answer) {
  const claims = oauth.getValidatedIdTokenClaims(answer) ?? null
  if (claims) await oauth.validateApplicationLevelSignature(as, response, insecure)
  return { ...answer, claims }
}

await serve({
  async discover({ issuer, client_id, client_secret, auth_method, algorithm = 'oidc' }) {
    const identifier = new URL(issuer)
    const response = await oauth.discoveryRequest(identifier, { ...insecure, algorithm })
    as = await oauth.processDiscoveryResponse(identifier, response)
    client = { client_id }
    authenticate = authentication[auth_method](client_secret)
    return as
  },

  async set_up({ metadata, client_id, client_secret, auth_method }) {
    as = metadata
    client = { client_id }
    authenticate = authentication[auth_method](client_secret)
  },

  async authorization_url({ redirect_uri, scope, parameters, checks }) {
    pending = {
      redirect_uri,
      verifier: checks.includes('pkce') ? oauth.generateRandomCodeVerifier() : oauth.nopkce,
      state: checks.includes('state') ? oauth.generateRandomState() : oauth.expectNoState,
      nonce: checks.includes('nonce') ? oauth.generateRandomNonce() : oauth.expectNoNonce,
      maxAge: 'max_age' in parameters ? Number(parameters.max_age) : undefined,
    }
    const url = new URL(as.authorization_endpoint)
    url.search = new URLSearchParams({
      ...parameters,
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri,
      scope,
      ...(checks.includes('state') && { state: pending.state }),
      ...(checks.includes('nonce') && { nonce: pending.nonce }),
      ...(checks.includes('pkce') && {
        code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      }),
    })
    return url.href
  },

  async finish({ url, fields }) {
    const arrived = fields ? new URLSearchParams(fields) : new URL(url)
    const parameters = oauth.validateAuthResponse(as, client, arrived, pending.state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authenticate,
      parameters,
      pending.redirect_uri,
      pending.verifier,
      insecure,
    )
    const answer = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: pending.nonce,
      maxAge: pending.maxAge,
      requireIdToken: pending.nonce !== oauth.expectNoNonce,
    })
    return verified(response, answer)
  },

  async refresh({ refresh_token }) {
    const response = await oauth.refreshTokenGrantRequest(as, client, authenticate, refresh_token, insecure)
    return verified(response, await oauth.processRefreshTokenResponse(as, client, response))
  },

  async call({ method, url, access_token, body }) {
    const headers = new Headers(body ? { 'content-type': 'application/json' } : {})
    const sent = body ? JSON.stringify(body) : null
    const to = new URL(url)
    return json(await oauth.protectedResourceRequest(access_token, method, to, headers, sent, insecure))
  },

  async userinfo({ access_token, subject }) {
    const response = await oauth.userInfoRequest(as, client, access_token, insecure)
    return oauth.processUserInfoResponse(as, client, subject, response)
  },

  async introspect({ token }) {
    const response = await oauth.introspectionRequest(as, client, authenticate, token, insecure)
    return oauth.processIntrospectionResponse(as, client, response)
  },

  async revoke({ token }) {
    const response = await oauth.revocationRequest(as, client, authenticate, token, insecure)
    await oauth.processRevocationResponse(response)
  },

  async client_credentials({ scope }) {
    const parameters = scope ? { scope } : {}
    const response = await oauth.clientCredentialsGrantRequest(as, client, authenticate, parameters, insecure)
    return oauth.processClientCredentialsResponse(as, client, response)
  },

  async sign_out_url({ id_token }) {
    const url = new URL(as.end_session_endpoint)
    url.search = new URLSearchParams({ id_token_hint: id_token })
    return url.href
  },
})
