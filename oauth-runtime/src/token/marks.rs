//! Traits whose only purpose is the compiler error of an unmet bound.

/// A bound that only the `Code` of a verified callback of the function's provider meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a verified authorization code",
    label = "pass the code that `login.callback(query)` returns",
    note = "only `Login::callback` creates a `{Code}`, after it has compared the state and the issuer with the login"
)]
pub trait Verified<Code> {
    /// Returns the code.
    fn verified(self) -> Code;
}

/// A type that only a verified callback creates. Generated modules implement this trait.
pub trait FromCallback {}

impl<Code: FromCallback> Verified<Code> for Code {
    fn verified(self) -> Code {
        self
    }
}

/// A bound that only a token issued by the function's provider meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{Own}`",
    label = "this token is of another provider or of another kind",
    note = "a token is sent only to the provider that issued it: pass the `{Own}` from this module's `exchange` or `refresh`"
)]
pub trait IssuedAs<Own> {
    /// Returns the token.
    fn issued(&self) -> &Own;
}

/// A type that is created only from a provider's response or from a store. Generated modules implement this trait.
pub trait Issued {}

impl<Own: Issued> IssuedAs<Own> for Own {
    fn issued(&self) -> &Own {
        self
    }
}
