//! The closed set of functions that templates can use.

/// A function in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Encodes bytes or a text as hexadecimal digits.
    Hex,
    /// Encodes bytes or a text as base64 with padding.
    Base64,
    /// Encodes bytes or a text as base64 for URLs.
    Base64url,
    /// Returns the MD5 of a text as bytes.
    Md5,
    /// Returns the SHA-1 of a text as bytes.
    Sha1,
    /// Returns the SHA-256 of a text as bytes.
    Sha256,
    /// Returns the HMAC of a key and a text with SHA-1 as bytes.
    HmacSha1,
    /// Returns the HMAC of a key and a text with SHA-256 as bytes.
    HmacSha256,
    /// Returns the HMAC of a key and a text with SHA-512 as bytes.
    HmacSha512,
    /// Joins texts.
    Concat,
    /// Converts a text to upper case.
    Upper,
    /// Converts a text to lower case.
    Lower,
    /// Replaces every occurrence of a second text in the first one by a third.
    Replace,
    /// Returns the given number of characters from the beginning of a text.
    Take,
    /// Returns the part of a text before another text, or the whole text if the other does not occur.
    Before,
    /// Returns the host of a URL.
    HostOf,
}

impl Function {
    /// All functions.
    pub const ALL: &'static [Function] = &[
        Function::Hex,
        Function::Base64,
        Function::Base64url,
        Function::Md5,
        Function::Sha1,
        Function::Sha256,
        Function::HmacSha1,
        Function::HmacSha256,
        Function::HmacSha512,
        Function::Concat,
        Function::Upper,
        Function::Lower,
        Function::Replace,
        Function::Take,
        Function::Before,
        Function::HostOf,
    ];

    /// Returns the name of the function in a template, and in the runtime.
    pub fn name(self) -> &'static str {
        match self {
            Function::Hex => "hex",
            Function::Base64 => "base64",
            Function::Base64url => "base64url",
            Function::Md5 => "md5",
            Function::Sha1 => "sha1",
            Function::Sha256 => "sha256",
            Function::HmacSha1 => "hmac_sha1",
            Function::HmacSha256 => "hmac_sha256",
            Function::HmacSha512 => "hmac_sha512",
            Function::Concat => "concat",
            Function::Upper => "upper",
            Function::Lower => "lower",
            Function::Replace => "replace",
            Function::Take => "take",
            Function::Before => "before",
            Function::HostOf => "host_of",
        }
    }

    /// Returns whether the result is bytes, which must be encoded to become text.
    pub fn gives_bytes(self) -> bool {
        matches!(
            self,
            Function::Md5
                | Function::Sha1
                | Function::Sha256
                | Function::HmacSha1
                | Function::HmacSha256
                | Function::HmacSha512
        )
    }

    /// Returns whether the function encodes bytes, or the bytes of a text.
    pub fn encodes(self) -> bool {
        matches!(self, Function::Hex | Function::Base64 | Function::Base64url)
    }

    /// Returns whether the arguments cannot be derived from the result.
    pub fn is_one_way(self) -> bool {
        self.gives_bytes()
    }

    /// Returns the number of arguments, or `None` if any number is allowed.
    pub fn arity(self) -> Option<usize> {
        match self {
            Function::Concat => None,
            Function::HmacSha1
            | Function::HmacSha256
            | Function::HmacSha512
            | Function::Take
            | Function::Before => Some(2),
            Function::Replace => Some(3),
            _ => Some(1),
        }
    }
}
