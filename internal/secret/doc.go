// Package secret derives everything that must not be guessed from the installation's one secret:
// the tokens in links, the signatures on claims, and the key that encrypts health data.
//
// Each use has its own key, derived with HKDF (RFC 5869), so that one use can never answer for another.
// Nothing derived is stored: the same secret gives the same link again, and raising the generation number
// kept beside a registration revokes the links made before. Only a fingerprint of the secret goes into the
// database, to notice a wrong secret before it spoils anything.
package secret
