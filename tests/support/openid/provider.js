// Runs oidc-provider, a certified implementation of OpenID Connect, with the configuration in a file.
//
//     node provider.js CONFIGURATION.json
//
// The accounts are read at each sign-in, so that a test can change their claims meanwhile. The forms of
// sign-in and consent are those that the package brings for development.

import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const file = process.argv[2];
const read = () => JSON.parse(readFileSync(file, "utf8"));
const { issuer, port, jwks, clients, claims, algorithms } = read();

const provider = new Provider(issuer, {
  clients,
  jwks,
  claims: { openid: ["sub"], profile: claims, email: ["email", "email_verified"] },
  // the claims of the scopes are in the ID token, as most providers can be set to do
  conformIdTokenClaims: false,
  cookies: { keys: ["a key for tests only"] },
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount(_, id) {
    const account = read().accounts[id];
    return account && { accountId: id, claims: () => ({ sub: id, ...account }) };
  },
});
provider.proxy = true; // requests come through the front of the test
provider.listen(port, "127.0.0.1");
