internal import Idempotency

/// A search for the order in which the store applied the commands about one key (Wing and Gong's, memoised).
///
/// It goes depth first through the commands that can have been next: those that were sent before any reply that is
/// still to be explained. What was reached is the set of applied commands, what stands there, and the store's time,
/// which does not run backwards; the same set and record at no earlier a time is not looked at again.
struct Linearization {
  enum Verdict: Equatable {
    case found
    /// No order explains the replies; the furthest that was come, and what could not be explained there.
    case impossible(explained: Int, stuck: [String])
    case tooLarge
  }

  /// What happened to the record at some time between `invoked` and `returned`.
  struct Event {
    enum Kind {
      case command(History.Command)
      /// The store forgot its last writes: what stood before stands again, or nothing.
      case forgotten(RecordHead?)
    }

    let kind: Kind
    let invoked: Int64
    /// Nil if nobody knows whether it happened.
    let returned: Int64?
  }

  /// What a path through the events has come to.
  struct Position {
    var table: MemoryTable
    /// The store's time at the last event.
    var time: Int64
    /// A bit for each event.
    var done: [UInt64]
    var explained = 0
    /// What stood before, by its head; only where the store can go back to it.
    var past: [RecordHead: MemoryTable] = [:]

    func isDone(_ event: Int) -> Bool { done[event >> 6] & (1 << UInt64(event & 63)) != 0 }
  }

  struct Reached: Hashable {
    let done: [UInt64]
    let standing: Standing
    let past: Set<RecordHead>
  }

  /// The last moment that a record's 13 digits can write; a window may be open.
  private static let latestTime: Int64 = 9_999_999_999_999

  let key: RecordKey
  let events: [Event]
  let limit: Int
  /// The store's time after which nothing is looked at any more.
  let horizon: Int64
  let remembers: Bool

  init(key: RecordKey, commands: [History.Command], forgotten: [History.State], limit: Int) {
    self.key = key
    self.limit = limit
    var events = commands.map { command in
      Event(kind: .command(command), invoked: command.invoked, returned: command.reply == nil ? nil : command.returned)
    }
    events += forgotten.map { Event(kind: .forgotten($0.head), invoked: $0.time, returned: $0.time) }
    // Stable, so that a run of the same history takes the same way.
    self.events = events.enumerated().sorted { ($0.element.invoked, $0.offset) < ($1.element.invoked, $1.offset) }
      .map(\.element)
    let times = commands.map { $0.reply == nil ? $0.storeTime.lowerBound : $0.storeTime.upperBound }
    horizon = min(times.max() ?? 0, Self.latestTime)
    remembers = forgotten.contains { $0.head != nil }
  }

  /// Searches until an order is found, none can be, or the limit is reached.
  mutating func run() -> Verdict {
    let required = events.count { $0.returned != nil }
    let words = (events.count + 63) / 64
    var open = [
      Position(table: MemoryTable(maximumByteCount: .max), time: 0, done: [UInt64](repeating: 0, count: words))
    ]
    var reached: [Reached: Int64] = [:]
    var furthest = open[0]
    var steps = 0
    while let position = open.popLast() {
      if position.explained == required { return .found }
      steps += 1
      if steps > limit { return .tooLarge }
      let state = Reached(
        done: position.done, standing: standing(position.table, at: position.time), past: Set(position.past.keys))
      if let earlier = reached[state], earlier <= position.time { continue }
      reached[state] = position.time
      if position.explained > furthest.explained { furthest = position }
      open += successors(of: position)
    }
    let stuck = candidates(at: furthest).filter { events[$0].returned != nil }.prefix(4).map { text(events[$0]) }
    return .impossible(explained: furthest.explained, stuck: stuck)
  }

  /// The events that can have been next, in the order in which they were sent.
  func candidates(at position: Position) -> [Int] {
    var firstReply = Int64.max
    var candidates: [Int] = []
    for index in events.indices where !position.isDone(index) {
      let event = events[index]
      // Sorted by when they were sent: none after this one can be next.
      if event.invoked > firstReply { break }
      candidates.append(index)
      firstReply = min(firstReply, event.returned ?? .max)
    }
    return candidates.filter { events[$0].invoked <= firstReply }
  }

  private func text(_ event: Event) -> String {
    switch event.kind {
    case .forgotten(let head): "forgotten: \(HistoryChecker.text(head))"
    case .command(let command): "\(command.operation.kind) -> \(command.reply.map(Self.text) ?? "no reply")"
    }
  }

  private static func text(_ reply: StoreReply) -> String {
    switch reply {
    case .record(let record): "record \(HistoryChecker.text(record.head))"
    case .outcome(let outcome): "\(outcome)"
    default: "\(reply)"
    }
  }
}
