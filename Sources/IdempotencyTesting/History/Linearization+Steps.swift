internal import Idempotency

extension Linearization {
  /// What stands there, as far as it can make a difference.
  struct Standing: Hashable {
    let record: StoredRecord?
    /// Unix milliseconds by the store's clock; all ends that no command can see are the same.
    let expires: Int64
  }

  /// Every millisecond of a window is tried when the record's end depends on it; a wider one is tried at its beginning.
  private static let widestWindow: Int64 = 256

  func standing(_ table: MemoryTable, at time: Int64) -> Standing {
    guard case .record(let record) = table.standing(key, now: time) else { return Standing(record: nil, expires: 0) }
    return Standing(record: record, expires: min(end(of: table), horizon + 1))
  }

  /// When what was written last ends, over or not; 0 for nothing.
  private func end(of table: MemoryTable) -> Int64 { table.timeToLive(of: key, now: 0) ?? 0 }

  /// Every position one event further; the most promising one last.
  func successors(of position: Position) -> [Position] {
    var certain: [Position] = []
    var uncertain: [Position] = []
    for index in candidates(at: position).reversed() {
      let event = events[index]
      switch event.kind {
      case .forgotten(let head):
        certain += forgetting(head, position).map { advanced($0, past: index) }
      case .command(let command) where command.reply == nil:
        uncertain += applying(command, position).map { advanced($0, past: index) }
      case .command(let command):
        let next = applying(command, position)
        // What reads only, and takes no time, may as well be first: no order that works needs it later.
        if let first = next.first, first.time == position.time, Self.onlyReads(command.reply) {
          return [advanced(first, past: index)]
        }
        certain += next.map { advanced($0, past: index) }
      }
    }
    return uncertain + certain
  }

  private func advanced(_ position: Position, past index: Int) -> Position {
    var position = position
    position.done[index >> 6] |= 1 << UInt64(index & 63)
    if events[index].returned != nil { position.explained += 1 }
    if remembers, case .record(let record) = position.table.standing(key, now: position.time) {
      position.past[record.head] = position.table
    }
    return position
  }

  private func forgetting(_ head: RecordHead?, _ position: Position) -> [Position] {
    var position = position
    guard let head else {
      position.table = MemoryTable(maximumByteCount: .max)
      return [position]
    }
    guard let earlier = position.past[head] else { return [] }
    position.table = earlier
    return [position]
  }

  /// The positions that a command can lead to with the reply that was seen, the earliest first.
  ///
  /// One without a reply that changes nothing leads nowhere new, and is left out.
  private func applying(_ command: History.Command, _ position: Position) -> [Position] {
    var positions: [Position] = []
    var known: Set<Standing> = []
    if command.reply == nil { known.insert(standing(position.table, at: position.time)) }
    for time in times(of: command, at: position) {
      var next = position
      next.time = time
      guard let reply = try? next.table.perform(command.operation, for: key, now: time),
        command.reply == nil || command.reply == reply, known.insert(standing(next.table, at: time)).inserted
      else { continue }
      positions.append(next)
    }
    return positions
  }

  /// The store's times at which a command's outcome can differ.
  ///
  /// All that depends on time turns at a point: a lease's end, a record's end, a caller's own deadline. So the
  /// beginning of the window and those points within it are enough, unless what is written ends while it is still
  /// looked at.
  private func times(of command: History.Command, at position: Position) -> [Int64] {
    let lower = max(command.storeTime.lowerBound, position.time)
    // A lost command's window may be open; nothing is seen of what it does after the last reply.
    let upper = min(command.storeTime.upperBound, max(horizon, lower))
    guard lower <= upper else { return [] }
    var times: Set<Int64> = [lower, upper]
    let end = end(of: position.table)
    times.insert(end + 1)
    if case .record(let record) = position.table.standing(key, now: position.time) {
      times.insert(record.head.leaseDeadline)
      if case .resolve(_, _, _, _, _, let wait, _) = command.operation {
        times.insert(record.head.leaseDeadline + wait)
      }
    }
    switch command.operation {
    case .complete(_, let deadline, _, _): times.insert(deadline)
    case .renew(_, _, let record, _): times.insert(record.head.leaseDeadline)
    case .putBack(let record, _): times.insert(record.head.leaseDeadline)
    default: break
    }
    var trial = position.table
    _ = try? trial.perform(command.operation, for: key, now: lower)
    if self.end(of: trial) <= horizon { times.formUnion(lower...min(upper, lower + Self.widestWindow)) }
    return times.filter { $0 >= lower && $0 <= upper }.sorted()
  }

  /// Whether a command with this reply changed nothing, whatever stood there.
  private static func onlyReads(_ reply: StoreReply?) -> Bool {
    switch reply {
    case .record, .absent, .unreadable: true
    case .outcome(let outcome): outcome == .lost || outcome == .already || outcome == .tooEarly
    case .granted, .reclaimed, .nowUncertain, .settled, nil: false
    }
  }
}
