//! Sealing all rows anew, while everything runs: after a new key came first among the sealing keys.

use crate::lifecycle::manager::Manager;
use crate::lifecycle::sealing::{Binding, Column, Place};
use crate::lifecycle::store::{Key, Sealed, StoreError};

/// So many rows are read at a time.
const PAGE: u32 = 500;

/// What sealing anew did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// So many texts were sealed by the first key.
    pub anew: usize,
    /// So many open by none of the keys: their connections are lost unless their key is found.
    pub unopened: usize,
    /// So many changed meanwhile: do it once more.
    pub moved_on: usize,
}

impl Manager {
    /// Seals by the first key what another one sealed. When nothing is left, the other keys can go.
    pub async fn reseal(&self) -> Result<Resealed, StoreError> {
        let mut done = Resealed::default();
        let mut after: Option<Key> = None;
        loop {
            let page = self.store().list(after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(done);
            };
            after = Some(last.clone());
            for (key, kept) in &page {
                let tokens = [(Column::Tokens, &kept.row.tokens)].into_iter();
                let spare = kept.row.spare.iter().map(|spare| (Column::Spare, spare));
                let apart = kept.row.apart.iter().map(|apart| (Column::Apart, apart));
                for (column, sealed) in tokens.chain(spare).chain(apart) {
                    let binding = Binding {
                        key,
                        deployment: self.store().deployment(),
                        about: &kept.about,
                        place: Place::of_row(&kept.row, column),
                    };
                    self.reseal_one(&binding, sealed, &mut done).await?;
                }
            }
        }
    }

    async fn reseal_one(
        &self,
        binding: &Binding<'_>,
        sealed: &Sealed,
        done: &mut Resealed,
    ) -> Result<(), StoreError> {
        let keys = self.keys();
        if keys.is_current(binding, sealed) {
            return Ok(());
        }
        let Ok(token) = keys.open(binding, sealed) else {
            done.unopened += 1;
            return Ok(());
        };
        let anew = keys.seal(binding, &token);
        match self.store().reseal(binding.key, sealed, anew).await? {
            true => done.anew += 1,
            false => done.moved_on += 1,
        }
        Ok(())
    }
}
