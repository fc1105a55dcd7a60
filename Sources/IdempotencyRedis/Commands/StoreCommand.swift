internal import HiredisNIO
internal import Idempotency

/// A store operation as Redis gets it: one `SET`, one `GET`, or one script on one key.
struct StoreCommand: Sendable {
  let operation: StoreOperation
  let key: RedisRecordKey

  /// The script that does it and how many arguments it gets; nil for `SET` and `GET`.
  var script: (script: RedisScript, argumentCount: Int)? {
    switch operation {
    case .reserve, .read: nil
    case .complete: (StoreScripts.complete, 4)
    case .renew: (StoreScripts.renew, 4)
    case .release: (StoreScripts.release, 6)
    case .markUncertain: (StoreScripts.markUncertain, 3)
    case .reclaim: (StoreScripts.reclaim, 6)
    case .putBack: (StoreScripts.putBack, 2)
    case .resolve: (StoreScripts.resolve, 7)
    }
  }

  /// Writes `SET key value NX GET PX ttl`, or `GET key`: the commands that are no script.
  func write(to writer: inout RESPCommandWriter) {
    guard case .reserve(let record, let ttl) = operation else {
      writer.begin("GET", argumentCount: 1)
      key.write(to: &writer)
      return
    }
    writer.begin("SET", argumentCount: 6)
    key.write(to: &writer)
    writer.bulk(record)
    writer.bulk("NX")
    writer.bulk("GET")
    writer.bulk("PX")
    writer.bulk(timeToLive: ttl)
  }

  /// Writes a script's `ARGV`, in the order of its header.
  func writeArguments(to writer: inout RESPCommandWriter) {
    switch operation {
    case .reserve, .read: break
    case .complete(let token, let ownDeadline, let record, let ttl):
      writer.bulk(token)
      writer.bulk(ownDeadline)
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
    case .renew(let token, let deadline, let record, let ttl):
      writer.bulk(token)
      writer.bulk(deadline, digits: 13)
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
    case .release(let token, let expected, let tainted, let record, let ttl, let shortTTL):
      writer.bulk(token)
      writer.bulk(optional: expected)
      writer.bulk(tainted ? 1 : 0)
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
      writer.bulk(timeToLive: shortTTL)
    case .markUncertain(let token, let record, let ttl):
      writer.bulk(token)
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
    case .reclaim(let expected, let expectedState, let record, let ttl, let uncertainTTL, let lost):
      writer.bulk(expected)
      writer.bulk([expectedState.rawValue])
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
      writer.bulk(timeToLive: uncertainTTL)
      if let lost { writer.bulk(lost) } else { writer.bulk("") }
    case .putBack(let record, let ttl):
      writer.bulk(record.bytes)
      writer.bulk(timeToLive: ttl)
    case .resolve(let token, let attempt, let newToken, let record, let ttl, let wait, let force):
      writer.bulk(token)
      writer.bulk(Int64(attempt), digits: 4)
      writer.bulk(newToken)
      writer.bulk(record)
      writer.bulk(timeToLive: ttl)
      writer.bulk(wait)
      writer.bulk(force ? 1 : 0)
    }
  }
}
