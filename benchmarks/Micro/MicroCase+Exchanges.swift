import Idempotency

extension MicroCase {
  /// The life of one request, with a store and an origin that take no time.
  ///
  /// "Whole" begins with the request's head and so holds the steps of the other cases; "events" is the state machine
  /// alone, from ``ExchangeEvent/start`` to ``ExchangeAction/finish``.
  static var exchanges: [MicroCase] {
    [
      MicroCase("exchange: executed, whole") {
        let sample = try SampleExchange()
        return { try sample.run(try sample.begin(), SampleExchange.executed, to: .executed) }
      },
      MicroCase("exchange: executed, events") {
        let sample = try SampleExchange()
        let exchange = try sample.begin()
        return { try sample.run(exchange, SampleExchange.executed, to: .executed) }
      },
      MicroCase("exchange: replayed, whole") {
        let sample = try SampleExchange()
        let bytes = try sample.completion().encoded()
        return { try sample.run(try sample.begin(), SampleExchange.replayed(bytes), to: .replayed) }
      },
      MicroCase("exchange: replayed, events") {
        let sample = try SampleExchange()
        let exchange = try sample.begin()
        let events = try SampleExchange.replayed(sample.completion().encoded())
        return { try sample.run(exchange, events, to: .replayed) }
      },
    ]
  }
}
