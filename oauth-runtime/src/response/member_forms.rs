//! JSON members whose text must have a form that the spec states, such as a listed host.

use crate::provider::input::{InvalidInput, names_host};
use crate::response::Response;
use crate::response::members::Member;
use crate::response::parse_error::ParseError;

impl Member<'_> {
    /// Returns the required text, parsed by `parse`.
    ///
    /// # Errors
    ///
    /// The member is absent, is not a text, or does not have the form that `parse` requires.
    pub fn form<T>(&self, parse: fn(String) -> Result<T, InvalidInput>) -> Result<T, ParseError> {
        parse(self.text()?).map_err(|_| self.unfit())
    }

    /// Returns the text, parsed by `parse`, or `None` if it is absent. A text of another form is reported and read as
    /// absent, so that nothing is sent to an unlisted host.
    pub fn optional_form<T>(
        &self,
        parse: fn(String) -> Result<T, InvalidInput>,
        answer: &Response<'_>,
    ) -> Option<T> {
        let text = self.optional_text(answer)?;
        answer.noting(parse(text).map(Some).map_err(|_| self.unfit()))
    }

    /// Rejects a text that names an unlisted host: one that `parse` does not accept. A text that names no host is reported
    /// and otherwise ignored.
    ///
    /// # Errors
    ///
    /// The host is not listed.
    pub fn unless_foreign<T>(
        &self,
        parse: fn(String) -> Result<T, InvalidInput>,
        answer: &Response<'_>,
    ) -> Result<(), ParseError> {
        let Some(text) = self.optional_text(answer) else {
            return Ok(());
        };
        let names_host = names_host(&text);
        match (parse(text), names_host) {
            (Ok(_), _) => Ok(()),
            (Err(_), true) => Err(self.foreign()),
            (Err(_), false) => {
                answer.note(self.unfit());
                Ok(())
            }
        }
    }

    #[cold]
    fn foreign(&self) -> ParseError {
        ParseError::Member {
            path: self.path,
            expected: "at a host that the spec lists",
            found: "at another host",
        }
    }

    #[cold]
    fn unfit(&self) -> ParseError {
        self.wrong("a string in the form that the spec requires")
    }
}
