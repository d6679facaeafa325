//! Macros that generated modules expand. Most add methods to a type that the module defines, such as a token or a scope.
//!
//! Inherent methods cannot be added to an alias of a type of this crate, and a trait would have to be imported. So the
//! methods are macros, written once here and inherent in each module.

/// Adds the methods of a token type, and those that its provider supports: `new`, `expires_at`, `take_refresh_token`,
/// `scopes`, `not_granted(Scope)`, `id_token`.
#[doc(hidden)]
#[macro_export]
macro_rules! token_methods {
    ($token:ident $(, $method:ident $(($argument:ident))?)* $(,)?) => {
        impl $token {
            /// Restores a token that `stored` of this type returned.
            pub fn from_stored(token: $crate::Token) -> $token {
                $token(token)
            }

            /// Returns the value to store.
            pub fn stored(&self) -> &$crate::Token {
                &self.0
            }

            /// Returns the access token. Send it only to this provider's API.
            pub fn access_token(&self) -> &$crate::Secret {
                self.0.access_token()
            }
        }

        $($crate::token_method! { $token $method $($argument)? })*

        impl $crate::contract::TokenType for $token {
            fn from_stored(token: $crate::Token) -> $token {
                $token(token)
            }

            fn stored(&self) -> &$crate::Token {
                &self.0
            }
        }
    };
}

/// Expands to one method of a token type.
#[doc(hidden)]
#[macro_export]
macro_rules! token_method {
    ($token:ident new) => {
        impl $token {
            /// Creates a token from the text that a person copied.
            pub fn new(text: impl Into<$crate::Secret>) -> $token {
                $token($crate::Token::new(text.into()))
            }
        }
    };
    ($token:ident expires_at) => {
        impl $token {
            /// Returns when the access token expires, by this machine's clock. `None` if it is unknown.
            pub fn expires_at(&self) -> Option<::std::time::SystemTime> {
                self.0.expires_at()
            }
        }
    };
    ($token:ident take_refresh_token) => {
        impl $token {
            /// Returns the refresh token. A refresh may consume it.
            pub fn take_refresh_token(&mut self) -> Option<$crate::contract::RefreshToken<$token>> {
                let refresh_token = self.0.take_refresh_token();
                refresh_token.map($crate::contract::RefreshToken::from_stored)
            }
        }
    };
    ($token:ident scopes) => {
        impl $token {
            /// Returns the granted scopes, if the token response contains them.
            pub fn scopes(&self) -> Option<&$crate::Scopes> {
                self.0.scopes()
            }
        }
    };
    ($token:ident not_granted $scope:ident) => {
        impl $token {
            /// Returns the requested scopes that were not granted, because the user deselected them or could not grant
            /// them.
            pub fn not_granted(&self, asked: &[$scope]) -> Vec<$scope> {
                $crate::contract::not_granted(&PROVIDER, &self.0, asked)
            }
        }
    };
    ($token:ident id_token) => {
        impl $token {
            /// Returns the ID token as received. Its signature is not verified.
            pub fn id_token(&self) -> Option<&$crate::Secret> {
                self.0.id_token()
            }
        }
    };
}

/// Adds the method that returns a token's `Authorization` header for a URL of its API.
#[doc(hidden)]
#[macro_export]
macro_rules! bearer_method {
    ($token:ident($($parameter:ident: $kind:ty),*) [$($piece:expr),* $(,)?]) => {
        impl $token {
            /// Returns the value of the `Authorization` header for an API request. Its `Debug` does not show the token.
            ///
            /// # Errors
            ///
            /// The URL is not one of this provider's API, or a stored token cannot be sent in a header.
            pub fn bearer(&self, $($parameter: $kind,)* url: &str) -> Result<$crate::contract::HeaderValue, $crate::Error> {
                $crate::contract::bearer(&PROVIDER, &self.0, &[$($piece),*], url)
            }
        }
    };
}

/// Adds the methods of a scope type.
#[doc(hidden)]
#[macro_export]
macro_rules! scope_methods {
    ($scope:ident, unlisted) => {
        $crate::scope_methods! { $scope }

        impl $scope {
            /// Creates a scope that the spec does not list. Its existence is unchecked.
            pub const fn unlisted(scope: &'static str) -> $scope {
                $scope($crate::contract::names::ScopeName::unlisted(scope))
            }
        }
    };
    ($scope:ident) => {
        impl $scope {
            /// Creates a scope of the spec with its form value.
            const fn known(scope: &'static str, form: &'static str) -> $scope {
                $scope($crate::contract::names::ScopeName::known(scope, form))
            }

            /// Returns the scope as it is sent.
            pub const fn as_str(self) -> &'static str {
                self.0.as_str()
            }
        }

        impl ::std::convert::AsRef<str> for $scope {
            fn as_ref(&self) -> &str {
                self.0.as_str()
            }
        }

        impl ::std::convert::From<$scope> for $crate::contract::names::ScopeName {
            fn from(scope: $scope) -> $crate::contract::names::ScopeName {
                scope.0
            }
        }
    };
}

/// Adds the methods of the smallest set of scopes for some operations. A number after a scope has a bit for each scope that
/// it implies.
#[doc(hidden)]
#[macro_export]
macro_rules! scopes_needed {
    ($needed:ident, $scope:ident, $needs:ident, $max:literal; $($constant:ident $(=> $implied:literal)?),* $(,)?) => {
        impl $needed {
            /// The maximum number of scopes: those that operations need, and eight more.
            pub const MAX_SCOPES: usize = $max;

            /// Computes the scopes that these operations need.
            ///
            /// # Panics
            ///
            /// Panics if an operation needs scopes of another list. In a `const` that is a compile error.
            pub const fn by(operations: &[Operation]) -> $needed {
                let mut least = $crate::contract::LeastSet::new();
                let mut at = 0;
                while at < operations.len() {
                    match operations[at].$needs {
                        Some(needs) => least = least.with(needs),
                        None => panic!("an operation needs scopes of another list"),
                    }
                    at += 1;
                }
                at = 0;
                while at < operations.len() {
                    if let Some(needs) = operations[at].$needs {
                        least = least.with_any(needs);
                    }
                    at += 1;
                }
                let bits = least.without(&[$(0 $(| $implied)?),*]);
                $needed($crate::contract::ScopesNeeded::of(bits, &[$($scope::$constant),*]))
            }

            /// Adds a scope that none of the operations needs.
            ///
            /// # Panics
            ///
            /// Panics if an operation needs the scope, and after eight scopes. In a `const` that is a compile error.
            #[deprecated(
                note = "none of the named operations needs this scope: name the operation that does, or say `#[expect(deprecated, reason = \"…\")]`"
            )]
            pub const fn and(self, scope: $scope) -> $needed {
                let own = self.as_slice();
                let mut at = 0;
                while at < own.len() {
                    assert!(
                        !$crate::contract::same_text(own[at].as_str(), scope.as_str()),
                        "an operation needs this scope already"
                    );
                    at += 1;
                }
                $needed(self.0.with(scope))
            }

            /// Returns the scopes, for `login`.
            pub const fn as_slice(&self) -> &[$scope] {
                self.0.as_slice()
            }
        }
    };
}

/// Adds a constant for each error code of a provider, and the table of its known errors.
///
/// A row without advice uses the documentation of its constant as advice, so that the text is written once.
#[doc(hidden)]
#[macro_export]
macro_rules! error_codes {
    (
        $codes:ident;
        $(
            #[doc = $doc:literal]
            $name:ident = $code:literal: $($remedy:ident $($advice:literal)? $(.$method:ident($argument:expr))*),+;
        )*
        $(status $status:literal: $of_status:ident $advice_of_status:literal $(.$method_of_status:ident($argument_of_status:expr))*;)*
    ) => {
        impl<'a> $codes<'a> {
            $(
                #[doc = $doc]
                pub const $name: $codes<'static> = $codes($code);
            )*

            /// Returns the error code, if the error is an error response with a code.
            pub fn of(error: &'a $crate::Error) -> Option<$codes<'a>> {
                error.code().map($codes)
            }

            /// Returns the code.
            pub fn as_str(self) -> &'a str {
                self.0
            }

            #[doc(hidden)]
            pub const fn known() -> &'static [$crate::provider::KnownError] {
                const {
                    &[
                    $($(
                        $crate::error_codes! { @known $code, $doc, $remedy $(, $advice)? }
                        $(.$method($argument))*,
                    )+)*
                    $(
                        $crate::provider::KnownError::of_status($status, $crate::Remedy::$of_status, $advice_of_status)
                        $(.$method_of_status($argument_of_status))*,
                    )*
                    ]
                }
            }
        }
    };
    (@known $code:literal, $doc:literal, $remedy:ident) => {
        $crate::provider::KnownError::new($code, $crate::Remedy::$remedy, $doc)
    };
    (@known $code:literal, $doc:literal, $remedy:ident, $advice:literal) => {
        $crate::provider::KnownError::new($code, $crate::Remedy::$remedy, $advice)
    };
}

/// Reads members of a response: each name becomes a variable for the member at its path.
///
/// All members are found in one pass, through an index that is built when the module is compiled.
#[doc(hidden)]
#[macro_export]
macro_rules! members {
    ($answer:ident.$format:ident, $($name:ident = $path:expr),+ $(,)?) => {
        let mut members = $crate::contract::Members::at(
            &const { $crate::contract::Paths::of([$(&$path),+]) },
        );
        let [$($name),+] = $answer.$format(&mut members)?;
    };
}

/// Adds the methods of a text whose form was checked.
#[doc(hidden)]
#[macro_export]
macro_rules! text_methods {
    ($text:ident, $name:literal, $form:literal, $rule:expr) => {
        impl $text {
            /// Parses a text of this form.
            ///
            /// # Errors
            ///
            /// The text does not have the form.
            pub fn parse(text: impl Into<String>) -> Result<$text, $crate::provider::InvalidInput> {
                $rule.take($name, $form, text.into()).map($text)
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
