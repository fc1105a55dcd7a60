import NIOCore

/// A turn while it runs: everything that its connections share, on their one event loop.
final class LoadTurn {
  let traffic: any Traffic
  private var result = LoadResult()
  private let begin: NIODeadline
  private let end: NIODeadline?
  private var last: NIODeadline
  private var open: Int
  private let done: EventLoopPromise<LoadResult>

  init(_ plan: LoadPlan, traffic: any Traffic, begin: NIODeadline, done: EventLoopPromise<LoadResult>) {
    self.traffic = traffic
    self.begin = begin
    self.done = done
    end = plan.duration.map { begin + TimeAmount($0) }
    last = begin
    open = plan.connections
  }

  /// All connections have ended.
  var isOver: Bool { open == 0 }

  /// Whether a request that is due then is sent.
  func goesOn(at time: NIODeadline) -> Bool {
    end.map { time < $0 } ?? true
  }

  func answered(_ outcome: Outcome, begin: NIODeadline) {
    last = .now()
    result.record(outcome, nanoseconds: (last - begin).nanoseconds)
  }

  func unanswered() {
    result.outcomes[.unanswered, default: 0] += 1
  }

  func failed(_ text: String) {
    result.firstFailure = result.firstFailure ?? text
  }

  /// A connection has ended; the last one ends the turn.
  func ended() {
    open -= 1
    guard open == 0 else { return }
    // Answers that come after the end of sending count, and so does the time they took.
    result.seconds = Double((last - begin).nanoseconds) / 1e9
    done.succeed(result)
  }
}
