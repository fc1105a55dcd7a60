import DequeModule
public import Logging
public import NIOCore

/// Subscriptions, on a connection of their own: RESP2 allows a connection that subscribes nothing else.
///
/// Subscribers of the same channel share one subscription at the server. After a loss the connection comes back by
/// itself, subscribes to everything again, and tells every subscriber that it may have missed messages. While there is
/// no connection nothing arrives, and nothing says so: whoever waits for a message keeps a slow poll behind it.
///
/// Once used it lives until ``shutdown()``, whether anybody holds it or not.
///
/// - Important: Whatever takes a callback must be called on ``eventLoop``, which is checked in every build.
///
/// Sendable without the compiler's proof: every access to its state checks first that it runs on the one event loop
/// that owns it.
public final class RedisSubscriber: @unchecked Sendable {
  /// Which of Redis's two kinds of channels.
  public enum Kind: Sendable, Hashable {
    /// `SUBSCRIBE`, reached by `PUBLISH` on any node.
    case channel
    /// `SSUBSCRIBE`, reached by `SPUBLISH` on the node that owns the channel's slot.
    case shardChannel
  }

  struct ChannelKey: Sendable, Hashable {
    let kind: Kind
    let name: String
  }

  /// What the next reply that is no message answers.
  enum Outstanding {
    case subscribe(SubscribedChannel)
    case unsubscribe(ChannelKey)
    case ping
  }

  /// How many subscriptions there may be at once, shared channels counted each time: as many as one connection may have
  /// commands in flight, since each stands for a request that waits.
  static let maximumSubscriptions = 65_536

  /// A server that confirms nothing while so many commands go out has stopped answering: all channels twice.
  static let maximumOutstanding = 2 * maximumSubscriptions

  /// How long a connection may be silent until it is asked whether it lives, and how long it has to answer anything that
  /// was sent.
  ///
  /// A waiter's slow poll is about as frequent, so a dead connection costs each waiter one or two polls.
  static let livenessInterval = TimeAmount.seconds(5)

  /// The event loop that the subscriber is bound to.
  public let eventLoop: any EventLoop

  let supervisor: LinkSupervisor
  var channels: [ChannelKey: SubscribedChannel] = [:]
  var outstanding: Deque<Outstanding> = []
  var subscriptions = 0
  var nextID: UInt64 = 1
  var liveness: SubscriberLiveness
  var livenessCheck: Scheduled<Void>?
  /// As ``RedisSubscriber/livenessInterval`` has it, unless a test has less time.
  let livenessInterval: TimeAmount

  /// Makes a subscriber.
  ///
  /// It connects when it is started or first used.
  ///
  /// - Parameters:
  ///   - configuration: Where the server is. Time-outs of commands do not apply.
  ///   - eventLoop: Where it lives and calls back.
  ///   - logger: Gets a debug line for each connection lost.
  ///   - topology: Which server to talk to; nil for the configuration's address.
  public convenience init(
    configuration: RedisConfiguration,
    eventLoop: any EventLoop,
    logger: Logger = Logger(label: "redis", factory: { _ in SwiftLogNoOpLogHandler() }),
    topology: (any RedisTopology)? = nil
  ) {
    self.init(
      configuration: configuration, eventLoop: eventLoop, logger: logger, topology: topology,
      livenessInterval: Self.livenessInterval)
  }

  init(
    configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger, topology: (any RedisTopology)?,
    livenessInterval: TimeAmount
  ) {
    self.eventLoop = eventLoop
    self.livenessInterval = livenessInterval
    self.liveness = SubscriberLiveness(interval: livenessInterval, now: .now(), readCount: 0)
    let dialer = RedisDialer(
      configuration: configuration,
      topology: topology ?? StandaloneTopology(address: configuration.address))
    self.supervisor = LinkSupervisor(
      eventLoop: eventLoop, dialer: dialer, logger: logger, hooks: RedisClient.Hooks(), isPushing: true)
  }
}
