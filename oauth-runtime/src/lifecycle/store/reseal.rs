//! Resealing of all rows during operation, after a new key was put first among the sealing keys.

use crate::lifecycle::manager::Manager;
use crate::lifecycle::store::binding::{Binding, Column, Place};
use crate::lifecycle::store::{Key, Sealed, StoreError};

/// The number of rows that are read at a time.
const PAGE: u32 = 500;

/// The result of resealing all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// The number of texts that were resealed by the first key.
    pub anew: usize,
    /// The number of texts that none of the keys opens. Their connections are lost unless their key is found.
    pub unopened: usize,
    /// The number of texts that changed meanwhile. Reseal once more for them.
    pub moved_on: usize,
}

impl Manager {
    /// Reseals by the first key all texts that another key sealed, that are in another format, or that bear a former name of
    /// the deployment. Once none is left, the other keys can be removed.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// let resealed = manager.reseal().await?;
    /// if resealed.unopened == 0 && resealed.moved_on == 0 {
    ///     println!("the older keys can be removed");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
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
