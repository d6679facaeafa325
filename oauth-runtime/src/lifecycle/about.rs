//! What a row says of its connection beside the tokens: which app made it, under which spec, and what its renewal
//! needs. Nothing of it is secret, and it changes with a login alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fingerprint::SpecChange;
use crate::managed::{KeptInputs, Managed, Registration};
use crate::provider::Provider;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) environment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) inputs: BTreeMap<String, String>,
    /// The fingerprint of the spec.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) spec: Option<String>,
}

impl About {
    pub(crate) fn new<T: Managed>(app: &T::App, inputs: &T::Inputs) -> About {
        let Registration {
            client_id,
            redirect_uri,
            environment,
        } = T::registration(app);
        let texts = inputs.texts().into_iter();
        About {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.map(str::to_owned),
            environment: environment.map(str::to_owned),
            inputs: texts.map(|(name, text)| (name.to_owned(), text)).collect(),
            spec: T::provider().fingerprint.map(|own| own.to_string()),
        }
    }

    /// Whether this app made the connection: another one's client id cannot refresh it.
    pub(crate) fn is_of(&self, app: Registration<'_>) -> bool {
        self.client_id == app.client_id && self.environment.as_deref() == app.environment
    }

    /// What has changed in the spec since; nothing where either side does not say.
    pub(crate) fn changes(&self, provider: &Provider) -> Vec<SpecChange> {
        match (provider.fingerprint, &self.spec) {
            (Some(own), Some(kept)) => own.changes_since(kept),
            _ => Vec::new(),
        }
    }

    pub(crate) fn inputs<T: Managed>(&self) -> Result<T::Inputs, crate::InvalidInput> {
        T::Inputs::from_texts(&|name| self.inputs.get(name).cloned().unwrap_or_default())
    }
}
