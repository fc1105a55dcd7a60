import Crypto
import Foundation
import Logging
import NIOConcurrencyHelpers

/// An issuer's keys, fetched from its address and kept fresh.
///
/// The last good ones stay in force while the address does not answer, or answers with something that is no key set: an
/// issuer that is away must not stop its callers. ``run()`` fetches when their time is over; a token that names a key
/// which is not here makes them be fetched before that, within a bound.
final class RemoteKeySet: Sendable {
  /// How often is fetched.
  struct Timing: Sendable {
    /// However short the issuer says that its keys last: a minute, so that it gets one request a minute from a worker.
    var shortest = Duration.seconds(60)
    /// However long: a day, in which a key that was withdrawn still counts.
    var longest = Duration.seconds(86_400)
    /// Where it says nothing.
    var usual = Duration.seconds(300)
    /// Between a fetch and one for the sake of a token whose key is unknown: anybody can send such a token.
    var unknownKey = Duration.seconds(60)
    /// After a failure; doubled with each that follows, up to ``longestRetry``.
    var retry = Duration.seconds(1)
    var longestRetry = Duration.seconds(60)
  }

  /// What became of a token's wish for other keys.
  enum Renewal {
    /// They were fetched, with whatever result, or are others than those that were looked at.
    case looked
    /// They were fetched a moment ago.
    case recent
    /// Too many wait for the fetch.
    case busy
  }

  private struct State {
    var keys: KeySet?
    var digest: SHA256Digest?
    var generation = 0
    var fetched: ContinuousClock.Instant?
    /// When the last fetch began.
    var attempted: ContinuousClock.Instant?
    var due = ContinuousClock.now
    /// Failures since the last success.
    var failures = 0
    var reason: String?
    var running: Task<Void, Never>?
    /// How many tokens wait for it.
    var waiting = 0
  }

  /// How many tokens may wait for a fetch: as many as may be verified afterwards.
  private static let maximumWaiting = VerificationQueue.usualLimit

  /// Fetches the keys.
  let client: KeySetClient
  private let timing: Timing
  private let metrics: KeyMetrics?
  private let logger: Logger
  private let state: NIOLockedValueBox<State>

  /// Makes a set.
  /// - Parameters:
  ///   - client: Fetches it.
  ///   - former: A set of the same address, whose keys are in force here until others are fetched; nil for none.
  ///   - timing: How often.
  ///   - metrics: Counts fetches.
  ///   - logger: Told when the address begins to fail, and when it answers again.
  init(
    client: KeySetClient, former: RemoteKeySet? = nil, timing: Timing = Timing(), metrics: KeyMetrics? = nil,
    logger: Logger
  ) {
    var state = former.map { $0.state.withLockedValue { $0 } } ?? State()
    (state.running, state.waiting) = (nil, 0)
    self.state = NIOLockedValueBox(state)
    self.client = client
    self.timing = timing
    self.metrics = metrics
    self.logger = logger
  }

  /// The keys in force, and the number of their generation; nil where none were fetched yet.
  var current: (keys: KeySet, generation: Int)? {
    state.withLockedValue { state in state.keys.map { ($0, state.generation) } }
  }

  /// Counts up when other keys take force.
  var generation: Int { state.withLockedValue { $0.generation } }

  /// How long ago the keys in force were fetched; nil where none were.
  var age: Duration? { state.withLockedValue { $0.fetched }.map { ContinuousClock.now - $0 } }

  /// Why the last fetch failed, a sentence; nil where it did not.
  var failure: String? { state.withLockedValue { $0.reason } }

  /// When the keys are to be fetched next.
  var due: ContinuousClock.Instant { state.withLockedValue { $0.due } }

  /// Keeps the keys fresh until it is cancelled.
  func run() async {
    while !Task.isCancelled {
      if ContinuousClock.now < due {
        // A fetch for the sake of a token moves their time, to an earlier one if it fails: this looks again by then.
        try? await Task.sleep(until: min(due, .now + timing.retry), clock: .continuous)
      } else {
        await refresh()
      }
    }
  }

  /// Fetches the keys; whoever comes while they are being fetched waits for the same fetch.
  func refresh() async {
    await task { _ in true }?.value
  }

  /// No key of a generation has signed a token: fetches the keys again, unless that was done a moment ago.
  func renew(_ generation: Int) async -> Renewal {
    let interval = timing.unknownKey
    let (isOther, hasPlace) = state.withLockedValue { state in
      let hasPlace = state.waiting < Self.maximumWaiting
      if hasPlace { state.waiting += 1 }
      return (state.generation != generation, hasPlace)
    }
    defer { if hasPlace { state.withLockedValue { $0.waiting -= 1 } } }
    if isOther { return .looked }
    guard hasPlace else { return .busy }
    let task = task { state in state.attempted.map { ContinuousClock.now - $0 >= interval } ?? true }
    await task?.value
    return task == nil ? .recent : .looked
  }

  /// The fetch that runs, or a new one where one may begin.
  ///
  /// A task of its own, because whoever asked first may go away while others wait; the client's time-out ends it.
  private func task(_ mayBegin: (State) -> Bool) -> Task<Void, Never>? {
    state.withLockedValue { state in
      if let running = state.running { return running }
      guard mayBegin(state) else { return nil }
      state.attempted = ContinuousClock.now
      let task = Task { await fetch() }
      state.running = task
      return task
    }
  }

  private func fetch() async {
    do {
      let answer = try await client.fetch()
      let keys = try await KeySet(answer.body, name: "key set at \(client.address)", ignoresUnreadable: true)
      succeeded(keys, answer)
    } catch {
      failed("\(error)")
    }
  }

  private func succeeded(_ keys: KeySet, _ answer: KeySetClient.Answer) {
    let digest = SHA256.hash(data: answer.body)
    let wanted = answer.lifetime.map { Duration.seconds($0) } ?? timing.usual
    let lifetime = min(max(wanted, timing.shortest), timing.longest)
    let (isNew, wasFailing) = state.withLockedValue { state in
      let news = (isNew: state.digest != digest, wasFailing: state.failures > 0)
      if news.isNew {
        state.keys = keys
        state.digest = digest
        state.generation += 1
      }
      state.fetched = ContinuousClock.now
      state.due = ContinuousClock.now + lifetime
      (state.failures, state.reason, state.running) = (0, nil, nil)
      return news
    }
    metrics?.fetched(succeeded: true)
    if isNew { for remark in keys.remarks { logger.warning("\(remark)") } }
    if wasFailing { logger.notice("the keys of tokens were fetched again", metadata: ["address": "\(client.address)"]) }
  }

  private func failed(_ reason: String) {
    let (isFirst, hasKeys) = state.withLockedValue { state in
      let pause = min(timing.retry * (1 << min(state.failures, 16)), timing.longestRetry)
      state.failures += 1
      state.due = ContinuousClock.now + pause
      (state.reason, state.running) = (reason, nil)
      return (state.failures == 1, state.keys != nil)
    }
    metrics?.fetched(succeeded: false)
    guard isFirst else { return }
    let consequence = hasKeys ? "the last ones stay in force" : "requests with tokens are answered with 503"
    logger.warning(
      "the keys of tokens could not be fetched; \(consequence)",
      metadata: ["address": "\(client.address)", "reason": "\(reason)"])
  }
}
