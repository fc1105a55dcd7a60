/// One command to the store about one key.
///
/// Each is atomic there, and safe to resend or to arrive late.
///
/// Times are milliseconds; deadlines are Unix milliseconds by the store's clock.
///
/// Indirect, because one goes through several hands on its way to the store, and a record is some thirty words.
public indirect enum StoreOperation: Sendable {
  /// Writes `record` (state R) if the key is absent; otherwise reads what stands there. One round trip.
  case reserve(record: Record, ttl: Int64)
  /// Reads the record.
  case read
  /// Stores the outcome (state C or T) if the record bears `token` in state R or U, or is absent.
  ///
  /// On an absent key under ``UnknownOutcome/executeAgain`` only while the store's time is before `ownDeadline`.
  case complete(token: OwnerToken, ownDeadline: Int64, record: Record, ttl: Int64)
  /// Moves the lease deadline of `record` forward, never back; puts the whole record back if the key is absent.
  case renew(token: OwnerToken, deadline: Int64, record: Record, ttl: Int64)
  /// Frees the key if it bears `token` in state R or U, or is free and still bears `expected`.
  ///
  /// - Parameters:
  ///   - expected: The token that this owner's reclaim of unknown outcome expected, else nil.
  ///   - tainted: An earlier attempt may have had an effect: the fingerprint stays and only it may follow.
  ///   - record: The record in state F.
  ///   - shortTTL: How long F stands if nothing can have happened under the key: it was absent, or its first attempt
  ///     frees it untainted. It must outlive any stalled command.
  case release(token: OwnerToken, expected: OwnerToken?, tainted: Bool, record: Record, ttl: Int64, shortTTL: Int64)
  /// Writes `record` (state U) if the record bears `token` in state R, or is absent.
  case markUncertain(token: OwnerToken, record: Record, ttl: Int64)
  /// Takes over a free key or one whose lease is over, if it still bears the token and state that were read.
  ///
  /// - Parameters:
  ///   - record: The new record in state R; the store writes the attempt.
  ///   - lost: The answer to store when the record's choice is ``UnknownOutcome/store``; nil under any other choice.
  case reclaim(
    expected: OwnerToken, expectedState: RecordState, record: Record, ttl: Int64, uncertainTTL: Int64, lost: Record?)
  /// Puts back a record that the store has forgotten, as its owner last knew it: where the key is absent or an earlier
  /// attempt's, or still this owner's.
  ///
  /// Attempts never decrease, so a lower one that stands proves that the store went back. What is completed stays, and
  /// so does a later attempt. Only an F of attempt 1 by which nothing happened may have ended by itself: another's record
  /// of attempt 1 takes its place. A reservation comes back under every choice, whether its lease is over or not: without it
  /// its attempt would be given twice.
  case putBack(record: StoredRecord, ttl: Int64)
  /// An operator's decision on an uncertain key that still bears the token and attempt the operator saw.
  ///
  /// - Parameters:
  ///   - newToken: The token of the decided record, so that a second try is recognised.
  ///   - wait: To F, how long after the lease deadline a request may still be on its way, in milliseconds.
  ///   - force: Decide although it is too early.
  case resolve(
    token: OwnerToken, attempt: Int, newToken: OwnerToken, record: Record, ttl: Int64, wait: Int64, force: Bool)
}

extension StoreOperation {
  /// How long F stands that an owner's release leaves in the place of its reservation, in milliseconds.
  ///
  /// - Parameters:
  ///   - attempt: The reservation's.
  ///   - isTainted: An earlier attempt may have had an effect.
  ///   - ttl: Of a record that others must know.
  ///   - short: Where nothing can have happened under the key; not longer than `ttl`.
  /// - Returns: One of the two, as release.lua chooses.
  package static func freeTTL(_ attempt: Int, isTainted: Bool, _ ttl: Int64, short: Int64) -> Int64 {
    !isTainted && attempt == 1 ? min(ttl, short) : ttl
  }
}
