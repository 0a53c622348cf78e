//! Transactions for limbeck's own work on a statement that runs outside a transaction.

use tokio_postgres::Client;

use super::Result;

/// Runs work in a transaction of its own, unless the script has started one. Rolls back if the work fails.
///
/// # Errors
/// If the work fails, or if the server rejects BEGIN or COMMIT.
pub async fn in_own_transaction<T>(client: &Client, work: impl Future<Output = Result<T>>) -> Result<T> {
    // SAVEPOINT succeeds only inside a transaction.
    if client.batch_execute("SAVEPOINT limbeck_inside; RELEASE SAVEPOINT limbeck_inside").await.is_ok() {
        return work.await;
    }
    client.batch_execute("BEGIN").await?;
    let done = work.await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    client.batch_execute(end).await?;
    done
}
