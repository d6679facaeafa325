//! The closed set of functions that values are made with.

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Bytes or a text as hexadecimal digits.
    Hex,
    /// Bytes or a text as base64 with padding.
    Base64,
    /// Bytes or a text as base64 for URLs.
    Base64url,
    /// MD5 of a text: bytes.
    Md5,
    /// SHA-1 of a text: bytes.
    Sha1,
    /// SHA-256 of a text: bytes.
    Sha256,
    /// HMAC of a key and a text with SHA-1: bytes.
    HmacSha1,
    /// HMAC of a key and a text with SHA-256: bytes.
    HmacSha256,
    /// HMAC of a key and a text with SHA-512: bytes.
    HmacSha512,
    /// Texts in a row.
    Concat,
    /// Upper case.
    Upper,
    /// Lower case.
    Lower,
    /// A text with every occurrence of another replaced by a third.
    Replace,
    /// So many characters of a text, from its beginning.
    Take,
    /// What stands before another text; the whole where it does not occur.
    Before,
    /// The host of a URL.
    HostOf,
}

impl Function {
    /// All of them.
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

    /// Its name in a template, and in the runtime.
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

    /// Whether it gives bytes, which must be encoded before they are text.
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

    /// Whether it encodes: it takes bytes, or a text's own.
    pub fn encodes(self) -> bool {
        matches!(self, Function::Hex | Function::Base64 | Function::Base64url)
    }

    /// Whether what went in cannot be told from what comes out.
    pub fn is_one_way(self) -> bool {
        self.gives_bytes()
    }

    /// How many values it takes; any number where there is none.
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
