import HiredisNIO
import IdempotencyRedis
import NIOCore

/// The two commands of a cycle, with values as long as real ones.
struct CycleCommands: Sendable {
  static let keyPrefix = "bench:wallet-transfers:5d41402abc4b2a76b9719d911017c592:"
  /// Keys live for 2 s: a run of any length holds a bounded number of them.
  static let ttl = 2_000

  let token = "0123456789abcdef0123456789abcdef"
  let deadline = "9999999999999"
  let reservation: String
  let completion: String

  init() {
    let head = token + "fedcba9876543210fedcba9876543210" + deadline + "0001" + "1h-"
    reservation = "R" + head + #"{"w":"node/1","a":1700000000000,"o":30000,"l":300000}"# + "\n"
    let body = #"{"id":"tr_3f9c2a7e1b4d","asset":"USDC","amount":"100.00","status":"pending"}"#
    completion =
      "C" + head
      + #"{"w":"node/1","a":1700000000000,"c":1700000000009,"s":201,"h":[["Content-Type","application/json"],"#
      + #"["Location","/wallets/w1/transfers/tr_3f9c2a7e1b4d"]],"n":\#(body.utf8.count),"o":30000,"l":300000}"#
      + "\n" + body
  }

  /// `redis-benchmark`'s own arguments for the reservation.
  var reserveArguments: [String] {
    ["SET", Self.keyPrefix + "__rand_int__", reservation, "NX", "GET", "PX", String(Self.ttl)]
  }

  /// `redis-benchmark`'s own arguments for the completion.
  func completeArguments(_ script: RedisScript) -> [String] {
    ["EVALSHA", script.sha1, "1", Self.keyPrefix + "__rand_int__", token, deadline, completion, String(Self.ttl)]
  }
}
