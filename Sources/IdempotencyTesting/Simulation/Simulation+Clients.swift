internal import Idempotency

/// Clients: each wants one operation done and retries it, with the same key, until it knows what became of it.
extension Simulation {
  /// A client.
  struct Client {
    let key: Int
    /// What it asks for; 0 is what most ask for under every key.
    let body: Int
    var tries = 0
    /// The call that waits for its answer, and the exchange that works on it.
    var call: Int?
    var isDone = false
    /// After a definite answer it asks once more, to see the same one.
    var asksAgain: Bool
    /// It asks when all faults are over.
    var isProbe = false
    /// It asks for the last time.
    var isLast = false
  }

  mutating func makeClients() {
    let keys = settings.keys.lowerBound + random.below(settings.keys.count)
    for _ in 0..<(settings.clients.lowerBound + random.below(settings.clients.count)) {
      let client = Client(
        key: random.below(keys), body: random.chance(12) ? 1 : 0, asksAgain: random.chance(50))
      clients.append(client)
      schedule(
        .clientSends(clients.count - 1),
        after: random.chance(50) ? random.milliseconds(0...20) : random.milliseconds(0...9_000))
    }
  }

  mutating func clientSends(_ index: Int) {
    guard !clients[index].isDone, clients[index].call == nil else { return }
    clients[index].tries += 1
    let client = clients[index]
    let nonce = "c\(index).\(client.tries)"
    let call = record(
      History.Call(
        nonce: nonce, key: Self.name(client.key), fingerprint: "\(client.body)", invoked: nanoseconds,
        returned: nanoseconds, answer: nil, isProbe: client.isProbe))
    clients[index].call = call
    let node = random.below(nodes.count)
    note("client \(index) sends \(nonce) for \(Self.name(client.key)) to N\(node)")
    schedule(.clientGivesUp(index, call: call), after: client.isProbe ? 60_000 : random.milliseconds(1_000...9_000))
    guard nodes[node].isAlive else { return schedule(.clientGivesUp(index, call: call), after: 1) }
    begin(client: index, call: call, nonce: nonce, on: node)
  }

  mutating func clientGivesUp(_ index: Int, call: Int) {
    guard clients[index].call == call else { return }
    met("client gave up")
    let now = nanoseconds
    change(call) { $0.returned = now }
    clients[index].call = nil
    leave(call)
    retry(index)
  }

  /// Every other client that gives up closes its connection, and its node sees it; the others' nodes know nothing.
  private mutating func leave(_ call: Int) {
    guard call % 2 == 0, let exchange = exchanges.lastIndex(where: { $0.call == call }) else { return }
    schedule(.exchange(exchange, .callerLeft), after: 1)
  }

  /// A client has its answer.
  mutating func answered(_ index: Int, call: Int, _ answer: History.Call.Answer) {
    // One that has gone away hears nothing.
    guard clients[index].call == call else { return }
    let now = nanoseconds
    change(call) { call in
      call.returned = now
      call.answer = answer
    }
    clients[index].call = nil
    switch answer.status {
    case .executed, .replayed, .notRetained, .mismatch:
      guard clients[index].asksAgain || answer.isPending, !clients[index].isProbe else {
        clients[index].isDone = true
        return
      }
      clients[index].asksAgain = false
      retry(index)
    case _ where clients[index].isProbe && !clients[index].isLast: clients[index].isDone = true
    case .uncertain where clients[index].isProbe && (settings.unknownOutcome ?? .hold) == .hold:
      clients[index].isDone = true
    default: retry(index)
    }
  }

  private mutating func retry(_ index: Int) {
    // A probe must be served within a lease and a retry (I10).
    let limit = clients[index].isProbe ? 8 : 16
    guard clients[index].tries < limit, clients[index].isProbe || isFaulty else {
      clients[index].isDone = true
      return
    }
    // Whoever hears that the store is away comes back later.
    let pause: Int64 = time < store.outageUntil ? 12_000 : 3_000
    schedule(.clientSends(index), after: clients[index].isProbe ? 1_000 : random.milliseconds(1...pause))
  }

  /// A client without a body of its own asks how a key has settled.
  mutating func probe(_ key: Int, isLast: Bool) {
    var client = Client(key: key, body: 0, asksAgain: false)
    client.isProbe = true
    client.isLast = isLast
    clients.append(client)
    clientSends(clients.count - 1)
  }
}
