/// One turn of contention: a surface, a mix of keys, and whether the next request waits for the last one's answer.
struct ContentionRow: Codable, Sendable {
  enum Surface: String, Codable, Sendable { case http, library }
  enum Loop: String, Codable, Sendable { case closed, open }

  struct CPU: Codable, Sendable {
    /// Of all workers together, for one request; of this process, where the library runs in it.
    var workers: Double
    var redis: Double
  }

  let surface: Surface
  let mix: ContentionMix
  let loop: Loop
  /// Requests per second that the open loop asked for.
  let offeredPerSecond: Double?
  let requests: Int
  let requestsPerSecond: Double
  let outcomes: [Outcome: Int]
  let latencyMicroseconds: LatencyPercentiles
  let cpuMicrosecondsPerRequest: CPU
  /// Keys that were asked for.
  let keys: Int
  let effects: Int
  /// The most effects of one key.
  let mostEffectsOfAKey: Int
  let effectsPerKey: Double

  init(
    _ surface: Surface, _ mix: ContentionMix, offered: Double?, order: [Int32], _ result: LoadResult, cpu: CPU,
    effects: Int, most: Int
  ) {
    self.surface = surface
    self.mix = mix
    loop = offered == nil ? .closed : .open
    offeredPerSecond = offered
    requests = order.count
    requestsPerSecond = result.perSecond
    outcomes = result.outcomes
    latencyMicroseconds = LatencyPercentiles(result.latency)
    cpuMicrosecondsPerRequest = cpu
    keys = Set(order).count
    self.effects = effects
    mostEffectsOfAKey = most
    effectsPerKey = Double(effects) / Double(keys)
  }

  /// Whether every key had its effect once, and every request an answer that is no failure.
  var isExact: Bool {
    effects == keys && mostEffectsOfAKey == 1
      && outcomes.keys.allSatisfy { [.executed, .replayed, .inProgress].contains($0) }
      && outcomes.values.reduce(0, +) == requests
  }
}
