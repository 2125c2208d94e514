import CNATS
internal import Glibc
internal import Threads

/// One connection of the library's: it finds another server of the cluster by itself when one is lost.
///
/// The library calls back on threads of its own, where nothing is done but to hand over what came.
@safe final class NATSLink: Sendable {
    // The library locks it, so that any thread may call; it is destroyed with this object.
    nonisolated(unsafe) private let connection: OpaquePointer
    nonisolated(unsafe) private let inbox: OpaquePointer
    private let context: LinkContext
    private let expiring: Task<Void, Never>

    /// How often it is looked for requests that took too long.
    private static let expiryPauseMs = 100

    /// Connects, and waits for that as long as the options say. Servers that cannot be reached now are tried on.
    init(options: borrowing LinkOptions) throws(NATSFault) {
        context = options.context
        var connection: OpaquePointer?
        // The options told the library of it; it is let go when the connection is closed for good.
        let retained = unsafe Unmanaged.passRetained(context)
        let status = unsafe natsConnection_Connect(&connection, options.handle)
        guard let connection = unsafe connection else {
            unsafe retained.release()
            throw .unreachable(Self.words(status))
        }
        unsafe self.connection = connection
        unsafe inbox = try Self.listen(connection, context)
        expiring = Task { [replies = context.replies] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(Self.expiryPauseMs))
                replies.expire(at: .now)
            }
        }
    }

    /// Has answers brought to the inbox, and the library keep what they are handed to for as long as it brings any.
    private static func listen(
        _ connection: OpaquePointer, _ context: LinkContext
    ) throws(NATSFault) -> OpaquePointer {
        var inbox: OpaquePointer?
        let listening = unsafe Unmanaged.passRetained(context)
        let subscribed = unsafe natsConnection_Subscribe(
            &inbox, connection, context.replies.inbox + ".*",
            { _, _, message, context in
                guard let message = unsafe message, let context = unsafe context else { return }
                let taken = unsafe NATSMessage(taking: message)
                unsafe Unmanaged<LinkContext>.fromOpaque(context).takeUnretainedValue().replies.take(taken)
            }, listening.toOpaque())
        guard let inbox = unsafe inbox else {
            unsafe listening.release()
            unsafe natsConnection_Destroy(connection)
            throw .unreachable(words(subscribed))
        }
        unsafe natsSubscription_SetOnCompleteCB(
            inbox,
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<LinkContext>.fromOpaque(context).release()
            }, listening.toOpaque())
        unsafe natsSubscription_SetPendingLimits(inbox, -1, -1)
        return unsafe inbox
    }

    deinit {
        expiring.cancel()
        context.replies.close()
        unsafe natsSubscription_Destroy(inbox)
        unsafe natsConnection_Destroy(connection)
    }

    /// Ends it: who waits is told so.
    func end() {
        context.replies.close()
        unsafe natsConnection_Close(connection)
    }

    /// Whether the library has given it up, as it does when a server refuses our proof twice.
    var isClosed: Bool { unsafe natsConnection_IsClosed(connection) }

    var isConnected: Bool { unsafe natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED }

    /// The longest message that the server takes; nothing while there is none.
    var payloadBytesMax: Int64 { unsafe natsConnection_GetMaxPayload(connection) }

    /// What the library last complained of.
    private var complaint: String {
        var text: UnsafePointer<CChar>?
        unsafe natsConnection_GetLastError(connection, &text)
        return unsafe text.map { unsafe String(cString: $0) } ?? ""
    }

    private static func words(_ status: natsStatus) -> String {
        unsafe String(cString: natsStatus_GetText(status))
    }

    /// Sends a message and waits for its answers: so many, or fewer where the server says that there are no more, or the
    /// time is over.
    func ask(
        _ message: NATSMessage, answersMax: Int = 1, from consumer: String? = nil, timeoutMs: Int64
    ) async throws(NATSFault) -> [NATSMessage] {
        // While there is no connection the library would keep it, and send it when nobody waits for it any more.
        guard isConnected else { throw .unreachable(complaint) }
        let answer = await withCheckedContinuation { done in
            let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
            let ticket = context.replies.add(
                countMax: answersMax, from: consumer, deadline: deadline, done)
            guard let (number, subject) = ticket, let fault = send(message, reply: subject) else { return }
            context.replies.fail(number, fault)
        }
        return try answer.get()
    }

    /// Hands a message to the library.
    /// - Returns: why that cannot be; nil where it is on its way.
    private func send(_ message: NATSMessage, reply: String) -> NATSFault? {
        guard message.headers.allSatisfy(\.isSendable) else { return .unsendable("a header that cannot be sent") }
        var handle: OpaquePointer?
        let made = unsafe message.body.withUnsafeBytes { body in
            unsafe natsMsg_Create(
                &handle, message.subject, reply, body.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(body.count))
        }
        guard made == NATS_OK, let handle = unsafe handle else { return Self.fault(of: made) }
        // Sending copies it.
        defer { unsafe natsMsg_Destroy(handle) }
        for header in message.headers {
            guard unsafe natsMsgHeader_Set(handle, header.name, header.value) == NATS_OK else {
                return Self.fault(of: NATS_NO_MEMORY)
            }
        }
        let status = unsafe natsConnection_PublishMsg(connection, handle)
        return status == NATS_OK ? nil : Self.fault(of: status)
    }

    private static func fault(of status: natsStatus) -> NATSFault {
        switch status {
        case NATS_MAX_PAYLOAD: .tooLarge
        case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_INSUFFICIENT_BUFFER, NATS_IO_ERROR:
            .unreachable(words(status))
        default: .unsendable(words(status))
        }
    }
}

extension NATSMessage {
    /// Copies what the library hands over, and frees that.
    fileprivate init(taking message: OpaquePointer) {
        let count = unsafe Int(natsMsg_GetDataLength(message))
        let body = unsafe natsMsg_GetData(message).map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: count)) }
        var status: UnsafePointer<CChar>?
        // A message proper has no such header, which only a line without a message begins with.
        let found = unsafe natsMsgHeader_Get(message, "Status", &status)
        let hasStatus = count == 0 && found == NATS_OK
        self.init(
            subject: unsafe natsMsg_GetSubject(message).map { unsafe String(cString: $0) } ?? "",
            reply: unsafe natsMsg_GetReply(message).map { unsafe String(cString: $0) },
            status: hasStatus ? unsafe status.flatMap { unsafe Int(String(cString: $0)) } ?? 500 : nil,
            body: body ?? [])
        unsafe natsMsg_Destroy(message)
    }
}
