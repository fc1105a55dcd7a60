internal import Idempotency

extension HistoryChecker {
  /// What rounding to whole milliseconds can make of a time, twice.
  private static let roundingMilliseconds: Int64 = 2

  /// I6: two live leases never overlap: a reservation is taken over only when its lease is over by the store's time.
  ///
  /// States carry the recorder's time, leases the store's. Where states do not carry that, too, two ways lead from one to
  /// the other:
  /// - The reclaims that bring the new token, if commands were recorded: one of them must have had a chance to be
  ///   applied at or after the old deadline.
  /// - Otherwise the store's time is bounded from above. A deadline is written one lease after some time that the
  ///   store's did not exceed when it was sent, and that was after the key's first call. So at the first call the
  /// store's   time was no more than the smallest deadline of this key less one lease, and since then it went on as the
  ///   recorder's did. Where the store's clock jumps, record commands.
  func leasesDoNotOverlap(_ key: KeyHistory, _ run: RunHistory) -> [Violation] {
    key.changes.compactMap { before, _, state in
      guard let before, let head = state.head, before.state == .reserved, head.state == .reserved,
        before.token != head.token, !state.isPutBack
      else { return nil }
      let latest: Int64
      if let time = state.storeTime {
        latest = time
      } else if let reclaims = run.reclaims[head.token] {
        latest = reclaims.map(\.storeTime.upperBound).max() ?? .max
      } else {
        guard let bound = latestStoreTime(at: state.time, of: key) else { return nil }
        latest = bound
      }
      guard latest < before.leaseDeadline else { return nil }
      return Violation(
        "I6",
        "\(key.key) at \(state.time): \(Self.text(head)) overlaps \(Self.text(before)): the store's time was no more "
          + "than \(latest)")
    }
  }

  private func latestStoreTime(at time: Int64, of key: KeyHistory) -> Int64? {
    let period = key.period(at: time)
    let deadlines = key.states.filter { $0.head?.state == .reserved && key.period(at: $0.time) == period }.compactMap {
      $0.head?.leaseDeadline
    }
    guard history.commands.isEmpty, let deadline = deadlines.min(), let first = key.calls.first,
      key.period(at: first.invoked) == period, first.invoked <= time
    else { return nil }
    return deadline - history.settings.lease / 1_000_000 + (time - first.invoked) / 1_000_000
      + Self.roundingMilliseconds
  }

  /// I7: only the latest token completes, and attempts do not decrease while the key lives.
  ///
  /// A completion may bring a token that was never seen on this key: an operator's, or under `store` that of who
  /// settled a lost executor. A token that was seen before and is not the latest is a stale owner's.
  func latestTokenCompletes(_ key: KeyHistory) -> [Violation] {
    var seen: Set<OwnerToken> = []
    var before: RecordHead?
    var found: [Violation] = []
    for state in key.states {
      defer { before = state.head }
      guard let head = state.head else {
        if state.isForgotten { seen = [] }
        continue
      }
      defer { seen.insert(head.token) }
      guard !state.isForgotten, let before else { continue }
      // What is put back over an earlier attempt was that attempt's successor before.
      if state.isPutBack, head.attempt > before.attempt { continue }
      let place = "\(key.key) at \(state.time), \(Self.text(before)) -> \(Self.text(head))"
      if head.attempt < before.attempt {
        found.append(Violation("I7", "\(place): the attempt decreases"))
      }
      let completes = head.state == .completed || head.state == .notRetained
      guard completes, before.state == .reserved || before.state == .uncertain, before.token != head.token else {
        continue
      }
      if seen.contains(head.token) {
        found.append(Violation("I7", "\(place): completed by an earlier token"))
      } else if before.state == .reserved, before.unknownOutcome != .store {
        found.append(Violation("I7", "\(place): completed by a token that is not the owner's"))
      }
    }
    return found
  }
}
