//! [`ApiResponse`]: a successful API response with its rate limits and request id.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::response::rate_limit::Limit;

/// An API response that is not an error response. Redirects are included. The operation determines the format of the body.
pub struct ApiResponse {
    pub(crate) response: http::Response<Vec<u8>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) request_id: Option<String>,
}

impl ApiResponse {
    /// Returns the status code. A status from 300 to 399 is a redirect, which is not followed because the request carried a
    /// credential. The URL in `Location` can be fetched without the credential.
    pub fn status(&self) -> http::StatusCode {
        self.response.status()
    }

    /// Returns the headers.
    pub fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// Returns the body as received.
    pub fn body(&self) -> &[u8] {
        self.response.body()
    }

    /// Consumes the response and returns its body.
    pub fn into_body(self) -> Vec<u8> {
        self.response.into_body()
    }

    /// Deserializes the body from JSON.
    ///
    /// ```
    /// # fn example(response: &oauth_runtime::api::ApiResponse) -> Result<(), Box<dyn std::error::Error>> {
    /// let user: serde_json::Value = response.json()?;
    /// println!("connected as {}", user["name"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The body is not JSON, or does not have the shape of `D`. The error contains the position.
    pub fn json<D: DeserializeOwned>(&self) -> Result<D, serde_json::Error> {
        serde_json::from_slice(self.body())
    }

    /// Returns what remains of each rate limit that the response reports.
    ///
    /// ```
    /// # fn example(response: &oauth_runtime::api::ApiResponse) {
    /// for limit in response.limits() {
    ///     println!("{}: {:?} left, full again in {:?}", limit.name, limit.remaining, limit.resets_in);
    /// }
    /// # }
    /// ```
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// Returns the provider's id of this request, if the response contains one. The provider's support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Debug for ApiResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiResponse")
            .field("status", &self.status().as_u16())
            .field("limits", &self.limits)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
