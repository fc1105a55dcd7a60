import NIOConcurrencyHelpers
import ServiceLifecycle

/// Keeps the keys fresh that are fetched from an address, those of the configuration in force.
final class KeyRefresher: Service {
  private let inForce = NIOLockedValueBox<RemoteKeySet?>(nil)
  private let changes: AsyncStream<Void>
  private let changed: AsyncStream<Void>.Continuation

  init() {
    (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The keys of the configuration in force; nil where it takes none from an address.
  var current: RemoteKeySet? { inForce.withLockedValue { $0 } }

  /// Keeps these fresh from now on, and no others.
  func use(_ keys: RemoteKeySet?) {
    let isOther = inForce.withLockedValue { inForce in
      defer { inForce = keys }
      return inForce !== keys
    }
    if isOther { changed.yield() }
  }

  /// Fetches until the service is told to stop; what was fetched stays in force for requests that still run.
  func run() async {
    var fetching: Task<Void, Never>?
    for await _ in changes.cancelOnGracefulShutdown() {
      fetching?.cancel()
      // Ends here with the next change, or with the loop.
      fetching = current.map { keys in Task { await keys.run() } }
    }
    fetching?.cancel()
  }
}
