//! Evaluation of the spec language's functions, for examples and pages. The runtime implements them separately.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::plan::Function;

/// Applies `function` to values. Returns `None` if the function does not accept them.
pub(super) fn apply(function: Function, values: &[Vec<u8>]) -> Option<Vec<u8>> {
    let text = |index: usize| std::str::from_utf8(values.get(index)?).ok();
    let first = values.first()?;
    let second = values.get(1);
    Some(match function {
        Function::Hex => {
            let digits: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
            digits.into_bytes()
        }
        Function::Base64 => STANDARD.encode(first).into_bytes(),
        Function::Base64url => URL_SAFE_NO_PAD.encode(first).into_bytes(),
        Function::Md5 => Md5::digest(first).to_vec(),
        Function::Sha1 => Sha1::digest(first).to_vec(),
        Function::Sha256 => Sha256::digest(first).to_vec(),
        Function::HmacSha1 => signed(Hmac::<Sha1>::new_from_slice(first).ok()?, second?),
        Function::HmacSha256 => signed(Hmac::<Sha256>::new_from_slice(first).ok()?, second?),
        Function::HmacSha512 => signed(Hmac::<Sha512>::new_from_slice(first).ok()?, second?),
        Function::Concat => values.concat(),
        Function::Upper => first.to_ascii_uppercase(),
        Function::Lower => first.to_ascii_lowercase(),
        Function::Replace => text(0)?.replace(text(1)?, text(2)?).into_bytes(),
        Function::Take => {
            let count = text(1)?.parse().ok()?;
            text(0)?
                .chars()
                .take(count)
                .collect::<String>()
                .into_bytes()
        }
        Function::Before => {
            let before = text(0)?.split_once(text(1)?).map(|(before, _)| before);
            before.or(text(0))?.as_bytes().to_vec()
        }
        Function::HostOf => {
            let rest = text(0)?.split_once("://")?.1;
            let authority = rest.split(['/', '?', '#']).next()?;
            authority.split(':').next()?.as_bytes().to_vec()
        }
    })
}

fn signed(mut mac: impl Mac, text: &[u8]) -> Vec<u8> {
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
