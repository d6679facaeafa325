//! [`ApiAnswer`]: what an API answered, with its limits and the id of the request.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::rate_limit::Limit;

/// A success of an API. Its body is whatever the operation answers with.
pub struct ApiAnswer {
    pub(crate) response: http::Response<Vec<u8>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) request_id: Option<String>,
}

impl ApiAnswer {
    /// The status. One from 300 to 399 is a redirect, which is not followed: the call carried a credential. What
    /// stands in its `Location` can be fetched without.
    pub fn status(&self) -> http::StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        self.response.body()
    }

    /// The body taken out.
    pub fn into_body(self) -> Vec<u8> {
        self.response.into_body()
    }

    /// The body as a value of one's own type; the error says where it has another shape.
    pub fn json<D: DeserializeOwned>(&self) -> Result<D, serde_json::Error> {
        serde_json::from_slice(self.body())
    }

    /// What is left of each thing that the provider counts, as far as the answer says so.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// The provider's id of this request: its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Debug for ApiAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiAnswer")
            .field("status", &self.status().as_u16())
            .field("limits", &self.limits)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
