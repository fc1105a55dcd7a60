import Idempotency
import NIOCore

/// Takes exchanges of the sample request through their life, as a shell does whose store and origin take no time.
struct SampleExchange {
  private let policies: PolicySet
  private let head = SampleTransfer.head(path: SampleTransfer.path(of: 0))
  /// Always the same: reading two clocks is the shell's.
  private let moment = Moment(boot: BootInstant(nanoseconds: 3_600_000_000_000), server: 1_700_000_000_000)

  init() throws {
    policies = try SampleTransfer.policies(1)
  }

  /// An exchange did not take the way that is measured: the figures would be of something else.
  struct UnexpectedAnswer: Error {}

  /// What happens to the first request with a key.
  static let executed: [ExchangeEvent<OriginOutcome>] = [
    .start,
    .storeReplied(.reserve, .granted),
    .ready,
    .operation(.answered(answer)),
    .storeReplied(.complete, .outcome(.applied)),
  ]

  private static let answer = OriginAnswer(
    status: 201,
    fields: [
      .init(name: "Content-Type", value: "application/json"),
      .init(name: "Content-Length", value: String(SampleTransfer.json.utf8.count)),
      .init(name: "Location", value: "/wallets/w1/transfers/tr_3f9c2a7e1b4d"),
      .init(name: "Date", value: "Tue, 14 Nov 2023 22:13:20 GMT"),
    ], body: SampleTransfer.body)

  /// What happens to a later one: its reservation finds these bytes.
  static func replayed(_ bytes: ByteBuffer) throws -> [ExchangeEvent<OriginOutcome>] {
    guard let stored = StoredRecord(bytes: bytes) else { throw UnexpectedAnswer() }
    return [.start, .storeReplied(.reserve, .record(stored))]
  }

  /// From the request's head and body to its exchange and its record's name.
  func begin() throws -> HTTPExchange {
    guard case .guarded(let request) = policies.admit(head, principal: { SampleTransfer.principal }),
      case .exchange(let exchange, let key) = request.exchange(body: SampleTransfer.body, worker: "node/1")
    else { throw UnexpectedAnswer() }
    blackHole(key)
    return exchange
  }

  /// Hands the events to an exchange, to the answer of this label.
  func run(
    _ exchange: HTTPExchange, _ events: [ExchangeEvent<OriginOutcome>], to label: IdempotencyStatus
  ) throws {
    var exchange = exchange
    var actions: [ExchangeAction<HTTPAnswer>] = []
    for event in events {
      actions = exchange.handle(event, at: moment)
      blackHole(actions)
    }
    guard case .answer(let answer)? = actions.first, answer.label == label else { throw UnexpectedAnswer() }
  }

  /// The record that the store is given at the end.
  func completion() throws -> Record {
    var exchange = try begin()
    for event in Self.executed {
      if case .send(.complete(_, _, let record, _))? = exchange.handle(event, at: moment).first { return record }
    }
    throw UnexpectedAnswer()
  }
}
