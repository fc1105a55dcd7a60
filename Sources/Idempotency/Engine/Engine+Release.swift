extension Engine {
  /// How long a free key stands if no operation can have had an effect under it, in milliseconds.
  ///
  /// 10 min: longer than a command stalls on a dead connection (TCP gives up after some), which must find it there.
  static var shortRelease: Int64 { 600_000 }

  /// Frees the key.
  ///
  /// Only for an operation that certainly had no effect; repeated until it is acknowledged.
  mutating func release() -> [Action] {
    phase = .releasing
    lease.renewing = false
    return [
      .send(
        .release(
          token: token, expected: expected, tainted: tainted, record: Record(head: head(.free), metadata: metadata),
          ttl: terms.retention, shortTTL: Self.shortRelease))
    ]
  }

  /// The key is free.
  ///
  /// Or it is not ours any more: then what stands there is the answer, as for a completion (rule X3).
  mutating func released(_ reply: StoreReply) -> [Action] {
    if reply == .outcome(.lost), !answered {
      phase = .readingAfterLoss
      return [.send(.read)]
    }
    return conclude(.own(.released, pending: false))
  }
}
