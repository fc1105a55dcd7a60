extension ClientTimeouts {
  /// Reads `clientTimeouts`.
  init(_ section: Section) {
    self.init()
    header = section.duration("header", default: header, in: Self.range)
    body = section.duration("body", default: body, in: Self.range)
    idle = section.duration("idle", default: idle, in: Self.range)
  }
}

extension ListenerLimits {
  /// Reads `limits`.
  init(_ section: Section) {
    self.init()
    headerBytes = section.size("headerBytes", default: headerBytes, in: Self.headerBytesRange)
    connections = section.integer("connections", default: connections, in: Self.connectionsRange)
    heldBytes = section.size("heldBytes", default: heldBytes, in: Self.heldBytesRange)
  }
}

extension OriginConnections {
  /// Reads `originConnections`.
  init(_ section: Section) {
    self.init()
    perLoop = section.integer("perLoop", default: perLoop, in: Self.perLoopRange)
    perCaller = section.integer("perCaller", default: perLoop - perLoop / 4, in: 1...perLoop)
    idle = section.duration("idle", default: idle, in: Self.idleRange)
    connectTimeout = section.duration("connectTimeout", default: connectTimeout, in: Self.connectTimeoutRange)
  }
}
