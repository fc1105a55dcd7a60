import Crypto
import DequeModule
import Foundation
import Idempotency
import NIOConcurrencyHelpers

/// Whom tokens belong to that were verified a moment ago, so that a storm of retries does not verify again.
///
/// Only hashes of whole tokens are kept. A cache goes with the rules that it was filled by, and an entry with the keys:
/// after a reload, or when the issuer publishes other keys, a token is verified anew.
final class TokenCache: Sendable {
  /// How many tokens are remembered.
  ///
  /// Callers that retry at the same time; 1024 are a quarter of a MiB.
  static let limit = 1024
  /// How long a token is remembered, in seconds, unless it expires before: longer than retries take.
  static let lifetime: TimeInterval = 60

  private struct Entry {
    let principal: Principal
    let generation: Int
    let from: Date
    let until: Date
  }

  private struct State {
    var entries: [SHA256Digest: Entry] = [:]
    /// The entries, oldest first.
    var order: Deque<SHA256Digest> = []
  }

  private let state = NIOLockedValueBox(State())

  /// How many tokens are remembered.
  var count: Int { state.withLockedValue { $0.entries.count } }

  /// The caller of a token that was verified; nil for any other.
  ///
  /// - Parameters:
  ///   - digest: The whole token's.
  ///   - generation: That of the keys in force.
  ///   - now: The time.
  /// - Returns: The caller, while the token is remembered.
  func principal(_ digest: SHA256Digest, generation: Int = 0, at now: Date) -> Principal? {
    state.withLockedValue { state in
      // Not before `from` either: a clock that was set back must not prolong a token's life.
      guard let entry = state.entries[digest], entry.generation == generation, entry.from <= now, now < entry.until
      else { return nil }
      return entry.principal
    }
  }

  /// Remembers a token's caller, and forgets the oldest if there are too many.
  func add(_ principal: Principal, _ digest: SHA256Digest, generation: Int = 0, until expiry: Date?, at now: Date) {
    let until = now.addingTimeInterval(Self.lifetime)
    let entry = Entry(principal: principal, generation: generation, from: now, until: min(until, expiry ?? until))
    state.withLockedValue { state in
      if state.entries.updateValue(entry, forKey: digest) == nil { state.order.append(digest) }
      while state.order.count > Self.limit { state.entries[state.order.removeFirst()] = nil }
    }
  }
}
