public import HiredisNIO
public import Idempotency
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// Records in Redis, shared by every worker: one command or one script for each operation.
///
/// Run it in a `ServiceGroup`, or call ``start()`` and ``shutdown()``; then ``waitUntilReady(timeout:)``.
///
/// An ACL user needs the keys `~{prefix}:*`, the channels `&{prefix}:*`, and the commands `+info +time +ping +get +set
/// +type +getrange +setrange +pexpire +eval +evalsha +spublish`; for policies that wait `+ssubscribe +sunsubscribe`, and
/// for ``claim(_:)`` `+hmget +hsetnx`.
///
/// - Important: The promise is as durable as Redis is. With `appendonly no` a crash loses every record; with
///   `appendfsync everysec` up to two seconds of them.
public final class RedisIdempotencyStore: EventLoopStore {
  /// What this process would put back into a Redis that lost it, and what it could not keep for that.
  public var putBackFigures: PutBackFigures { registry.figures }

  /// The node's time as this process knows it; nil until it has told it.
  public var clock: any StoreClock { node.clock }

  let configuration: RedisStoreConfiguration
  let client: RedisClient
  let node: RedisNode
  let registry: ReservationRegistry
  let logger: Logger
  let keyPrefix: String
  let subscribers: Subscribers
  /// How this process derives keys and fingerprints, as Redis agreed to.
  let claimed = NIOLockedValueBox<[KeyspaceDerivation]>([])

  /// Makes a store, which connects when it is started.
  ///
  /// - Parameters:
  ///   - configuration: Where records are kept. A prefix outside its alphabet is a precondition failure.
  ///   - eventLoopGroup: Each of its loops gets connections of its own.
  ///   - logger: Gets a warning where Redis is less safe than it could be; never a key, a value or a credential.
  ///   - topology: Which server to talk to; nil for the configuration's address.
  public init(
    configuration: RedisStoreConfiguration,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "idempotency.redis"),
    topology: (any RedisTopology)? = nil
  ) {
    precondition(RecordKey.isName(configuration.prefix), "prefix: [A-Za-z0-9._-]{1,64}")
    self.configuration = configuration
    self.logger = logger
    self.keyPrefix = configuration.prefix + ":"
    self.registry = ReservationRegistry(
      limits: PutBackLimits(
        window: configuration.putBack.window.nanoseconds, bytes: configuration.putBack.bytes),
      logger: logger)
    let node = RedisNode(address: "\(configuration.redis.address)", settle: configuration.settle, logger: logger)
    self.node = node
    self.client = RedisClient(
      configuration: configuration.redis, eventLoopGroup: eventLoopGroup, logger: logger, topology: topology,
      prepare: { session in node.prepare(session) })
    let redis = configuration.redis
    self.subscribers = Subscribers { eventLoop in
      RedisSubscriber(configuration: redis, eventLoop: eventLoop, logger: logger, topology: topology)
    }
    if configuration.settle > .zero, configuration.settle < configuration.shortestSettle {
      logger.warning(
        "settle is shorter than a worker may take to find Redis again: an operation that Redis forgot may run twice",
        metadata: ["settle": "\(configuration.settle)", "atLeast": "\(configuration.shortestSettle)"])
    }
    node.onChange { [weak self] eventLoop, epoch in self?.restore(epoch, on: eventLoop) }
  }

  /// Sends one operation about one key and suspends until its reply is there.
  ///
  /// - Throws: `StoreFailure`, which says whether the operation may have been applied. Cancelling the calling task does
  ///   not cut it short: it ends within the configuration's `commandTimeout` anyway.
  public func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply {
    let eventLoop = client.anyConnection().eventLoop
    let result = await withCheckedContinuation { continuation in
      eventLoop.execute {
        self.perform(operation, for: key, on: eventLoop) { continuation.resume(returning: $0) }
      }
    }
    return try result.get()
  }

  /// Sends one operation about one key on an event loop: no thread hop, no task.
  ///
  /// - Parameters:
  ///   - operation: The operation.
  ///   - key: The key.
  ///   - eventLoop: The loop this is called on, one of the store's group; another is a precondition failure.
  ///   - then: Called once, on the loop, never before this method returns.
  public func perform(
    _ operation: StoreOperation, for key: RecordKey, on eventLoop: any EventLoop,
    then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    let connection = client.connection(on: eventLoop)
    switch operation.kind {
    case .read, .resolve, .putBack: send(operation, key, connection, timeout: nil, then)
    default:
      guard connection.isConnected else {
        let deadline = NIODeadline.now() + configuration.redis.commandTimeout
        return whenConnected(operation, key, connection, deadline, then)
      }
      if node.gate.isOpen { return send(operation, key, connection, timeout: nil, then) }
      eventLoop.assumeIsolated().execute {
        self.whenAdmitted(operation, key, connection, .now() + self.configuration.redis.commandTimeout, then)
      }
    }
  }

  /// Encodes straight into the connection's bytes, and takes note of the reply.
  func send(
    _ operation: StoreOperation, _ key: RecordKey, _ connection: RedisConnection, timeout: TimeAmount?,
    _ then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    let command = StoreCommand(operation: operation, key: RedisRecordKey(prefix: keyPrefix, key: key))
    let answered: (Result<RESPValue, RedisError>) -> Void = { result in
      let reply = command.reply(to: result)
      switch reply {
      case .success(let reply): self.registry.note(operation, reply, for: key, at: .now)
      case .failure(let failure): if failure.kind == .refused(.readOnly) { self.doubt(on: connection.eventLoop) }
      }
      then(reply)
    }
    if let (script, argumentCount) = command.script {
      connection.evaluate(
        script, key: command.key, argumentCount: argumentCount, timeout: timeout,
        arguments: { command.writeArguments(to: &$0) }, then: answered)
    } else {
      connection.send(timeout: timeout, { command.write(to: &$0) }, then: answered)
    }
  }
}
