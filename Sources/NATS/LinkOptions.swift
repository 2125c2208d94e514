import CNATS
internal import Glibc
internal import Model

/// The settings of a connection as the library wants them: made, handed over, and freed.
@safe struct LinkOptions: ~Copyable {
    let handle: OpaquePointer
    /// What the library's threads work with; whoever connects keeps it alive for them.
    let context: LinkContext

    private static let reconnectWaitMs: Int64 = 250
    private static let pingIntervalMs: Int64 = 2_000
    private static let pingsLostMax: Int32 = 2

    static func made(of settings: NATSSettings, inbox: String) throws(NATSFault) -> LinkOptions {
        var credentials: Credentials?
        if case .credentials(let secret) = settings.login {
            credentials = Credentials(String(decoding: secret.key, as: UTF8.self))
            guard credentials != nil else { throw .badSetting("the credentials are no `.creds` file's") }
        }
        let context = LinkContext(replies: PendingReplies(inbox: inbox), credentials: credentials)
        var handle: OpaquePointer?
        guard unsafe natsOptions_Create(&handle) == NATS_OK, let handle = unsafe handle else {
            throw .badSetting("memory for a connection could not be had")
        }
        let options = unsafe LinkOptions(owning: handle, context)
        try options.setServers(settings)
        try options.setConduct(settings)
        try options.setLogin(settings.login)
        if let tls = settings.tls { try options.setTLS(tls) }
        options.setCallbacks()
        return options
    }

    private init(owning handle: OpaquePointer, _ context: LinkContext) {
        unsafe self.handle = handle
        self.context = context
    }

    deinit { unsafe natsOptions_Destroy(handle) }

    private func check(_ status: natsStatus, _ setting: String) throws(NATSFault) {
        guard status != NATS_OK else { return }
        throw .badSetting("\(setting): \(unsafe String(cString: natsStatus_GetText(status)))")
    }

    private func setServers(_ settings: NATSSettings) throws(NATSFault) {
        // The library copies them.
        var texts = unsafe settings.servers.map { unsafe UnsafePointer<CChar>(strdup($0)) }
        defer {
            for index in unsafe texts.indices { unsafe free(UnsafeMutableRawPointer(mutating: texts[index])) }
        }
        let count = unsafe Int32(texts.count)
        try check(unsafe natsOptions_SetServers(handle, &texts, count), "servers")
    }

    private func setConduct(_ settings: NATSSettings) throws(NATSFault) {
        try check(unsafe natsOptions_SetName(handle, settings.name), "name")
        try check(unsafe natsOptions_SetTimeout(handle, settings.connectTimeoutMs), "timeout")
        try check(unsafe natsOptions_SetMaxReconnect(handle, -1), "reconnect")
        try check(unsafe natsOptions_SetReconnectWait(handle, Self.reconnectWaitMs), "reconnect")
        try check(unsafe natsOptions_SetPingInterval(handle, Self.pingIntervalMs), "ping")
        try check(unsafe natsOptions_SetMaxPingsOut(handle, Self.pingsLostMax), "ping")
        try check(unsafe natsOptions_SetNoEcho(handle, true), "echo")
        // With a callback it does not wait until a server is there.
        try check(unsafe natsOptions_SetRetryOnFailedConnect(handle, true, { _, _ in }, nil), "retry")
    }

    private func setLogin(_ login: NATSSettings.Login) throws(NATSFault) {
        switch login {
        case .nobody: break
        case .password(let user, let password):
            let text = String(decoding: password.key, as: UTF8.self)
            try check(unsafe natsOptions_SetUserInfo(handle, user, text), "user")
        case .token(let token):
            try check(unsafe natsOptions_SetToken(handle, String(decoding: token.key, as: UTF8.self)), "token")
        case .credentials:
            let opaque = unsafe Unmanaged.passUnretained(context).toOpaque()
            try check(
                unsafe natsOptions_SetUserCredentialsCallbacks(
                    handle,
                    { token, _, context in
                        guard let token = unsafe token, let context = unsafe context else { return NATS_ERR }
                        let link = unsafe Unmanaged<LinkContext>.fromOpaque(context).takeUnretainedValue()
                        unsafe token.pointee = link.credentials?.token
                        return unsafe token.pointee == nil ? NATS_NO_MEMORY : NATS_OK
                    }, opaque,
                    { _, signature, count, nonce, context in
                        guard let signature = unsafe signature, let count = unsafe count,
                            let nonce = unsafe nonce, let context = unsafe context
                        else { return NATS_ERR }
                        let link = unsafe Unmanaged<LinkContext>.fromOpaque(context).takeUnretainedValue()
                        return unsafe link.credentials?.sign(nonce, signature, count) ?? NATS_ERR
                    }, opaque), "credentials")
        }
    }

    private func setTLS(_ tls: ClientTLS) throws(NATSFault) {
        try check(unsafe natsOptions_SetSecure(handle, true), "tls")
        if let authorities = tls.authorities {
            try check(unsafe natsOptions_SetCATrustedCertificates(handle, authorities), "tls.ca")
        }
        if let certificate = tls.certificate, let key = tls.key {
            let text = String(decoding: key.key, as: UTF8.self)
            try check(unsafe natsOptions_SetCertificatesChain(handle, certificate, text), "tls.certificate")
        }
    }

    private func setCallbacks() {
        let opaque = unsafe Unmanaged.passUnretained(context).toOpaque()
        unsafe natsOptions_SetDisconnectedCB(
            handle,
            { _, context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<LinkContext>.fromOpaque(context).takeUnretainedValue().replies.disconnect()
            }, opaque)
        // Nothing is called after this: the reference that the connection was given is given back.
        unsafe natsOptions_SetClosedCB(
            handle,
            { _, context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<LinkContext>.fromOpaque(context).release()
            }, opaque)
    }
}
