//! The token. The page gives two texts that can be provoked at once, but no status codes.
//!
//! Not asked: an expired token, a revoked one, and a user without the permission. The first needs an
//! hour of patience, the others need more users than the one that the run has.

use super::MOTIVO_REQUIRED;
use crate::conferir::case::Case;

const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";

pub(super) const CASES: &[Case] = &[
    Case::token("token/missing", "").says(401, "Token is missing").doc(),
    Case::token("token/empty", "Bearer").says(401, "Token is missing"),
    Case::token("token/no-period", "Bearer abc")
        .says(401, "JWT strings must contain exactly 2 period characters. Found: 0"),
    Case::token("token/one-period", "Bearer a.b")
        .says(401, "JWT strings must contain exactly 2 period characters. Found: 1"),
    Case::token("token/three-periods", "Bearer a.b.c.d")
        .says(401, "JWT strings must contain exactly 2 period characters. Found: 3"),
    Case::token("token/unsigned", "Bearer <token sem assinatura>").says(401, "Unsigned Claims JWTs are not supported."),
    Case::token("token/tampered-signature", "Bearer <token alterado>").says(401, UNTRUSTED).doc(),
    Case::token("token/garbage", "Bearer a.b.c").says(401, UNTRUSTED),
    Case::token("token/too-long", "Bearer a.b.<4093 x>").says(401, UNTRUSTED),
    Case::token("token/alg-none-with-signature", "Bearer <token alg none>").says(401, UNTRUSTED),
    Case::token("token/unknown-kid", "Bearer <token outro kid>").says(401, UNTRUSTED),
    // Taken, as the answer to the next fault shows.
    Case::token("token/without-scheme", "<token>").says(400, MOTIVO_REQUIRED),
    Case::token("token/scheme-in-lower-case", "bearer <token>").says(400, MOTIVO_REQUIRED),
];
