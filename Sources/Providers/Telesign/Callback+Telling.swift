internal import Model

/// Telling callbacks apart, where several channels and products post to one URL.
extension Telesign.Callback {
    enum Kind {
        case message(channel: Channel, reader: Telesign.InboundMessage.Reader)
        case email(channel: Channel)
        case messagingStatus, smsReport, template, verify, numberMasking
    }

    /// Documented: every inbound message has this status code. That nothing else has is inferred.
    static let inboundCode = "1500"

    /// What it is, asked in this order: by the name it has for itself, by what only an inbound message has, and then by
    /// what only one of the vendor's other callbacks has. The order is inferred; the fields are documented.
    func kind() throws(Fault) -> Kind {
        let word = root.peek("sub_resource").flatMap { $0.isEmpty ? nil : $0 }
        let name = word?.lowercased()
        if let name, name.hasPrefix("mo_") { return try inbound(named: String(name.dropFirst(3))) }
        let status = root.objectIfAny("status")
        let code = status?.peek("code")
        if code == Self.inboundCode || root.objectIfAny("user_response") != nil { return try inbound(named: nil) }
        let isOnChannels = root.hasValue("channel_status") || status?.hasValue("last_channel") == true
        if !isOnChannels, root.objectIfAny("content") != nil { return try inbound(named: nil) }
        if isOnChannels { return .messagingStatus }
        let number = code.flatMap { Int($0) } ?? 0
        if Telesign.StatusCode.templates ~= number { return .template }
        if root.hasValue("inner_methods") || root.hasValue("verification_policy") { return .verify }
        if root.hasValue("state"), status == nil { return .verify }
        if root.hasValue("session_reference_id") || root.hasValue("mo_reference_id"), root.hasValue("mo_message") {
            return .numberMasking
        }
        if name == "sms" || name == "bulk_sms" || Telesign.StatusCode.isOfSMS(number) { return .smsReport }
        if Telesign.StatusCode.messaging ~= number { return .messagingStatus }
        throw unrecognised
    }

    /// The channel of an inbound message, and how it is read.
    ///
    /// The callback's own word comes first, then the configuration, which is how the vendor would have it, then the
    /// fields. Who reads it is for the fields to say: what stands there is read, whatever it is called.
    private func inbound(named name: String?) throws(Fault) -> Kind {
        let shape = Telesign.Shape(of: root)
        let configured = configured
        let channel: Channel
        if let name {
            channel = named(name)
            if let configured, configured != channel {
                findings.warn("sub_resource says \(channel.rawValue), configured is \(configured.rawValue)")
            }
            if let shape, channel != .unknown, !shape.fits(channel) {
                findings.warn("sub_resource says \(channel.rawValue), with the fields of \(shape.rawValue)")
            }
        } else if let configured {
            channel = configured
            if let shape, !shape.fits(channel) {
                findings.warn("configured as \(channel.rawValue), with the fields of \(shape.rawValue)")
            }
        } else if let shape {
            channel = shape.channel
            if shape == .text { findings.warn("taken for viber: nothing but a text tells") }
            if shape == .action { findings.warn("no channel is told") }
        } else {
            throw unrecognised
        }
        let fitting = shape.flatMap { $0.fits(channel) ? channel : $0.channel }
        return kind(of: channel, read: fitting ?? channel)
    }

    /// The source's channel, if it is one of the vendor's.
    private var configured: Channel? {
        guard let channel = source.channel else { return nil }
        guard Channel(telesign: channel.rawValue) != nil else {
            findings.warn("the configured channel is none of this vendor's")
            return nil
        }
        return channel
    }

    private func kind(of channel: Channel, read form: Channel) -> Kind {
        switch form {
        case .email: .email(channel: channel)
        case .sms: .message(channel: channel, reader: Telesign.SMS.message)
        case .mms: .message(channel: channel, reader: Telesign.MMS.message)
        case .viber: .message(channel: channel, reader: Telesign.Viber.message)
        case .whatsapp: .message(channel: channel, reader: Telesign.WhatsApp.message)
        // A channel that the vendor does not have yet: its content is kept, part by part.
        case .rcs, .imessage, .unknown: .message(channel: channel, reader: Telesign.RCS.message)
        }
    }

    /// The channel by the callback's own word. Documented are `mo_email`, `mo_mms`, `mo_rcs` and `mo_sms`; `mo_viber` and
    /// `mo_whatsapp` are inferred.
    private func named(_ name: String) -> Channel {
        let channel = Channel(telesign: name)
        let word = root.string("sub_resource") ?? ""
        guard let channel else {
            root.sight("sub_resource", word: word)
            root.putBack("sub_resource")
            return .unknown
        }
        if word != "mo_" + channel.rawValue {
            root.putBack("sub_resource")
            warn("sub_resource", "not in lower case")
        }
        return channel
    }

    private var unrecognised: Fault {
        let names = root.names.lazy.filter { name in
            (1...32).contains(name.utf8.count)
                && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isLowerCaseLetter }
        }
        findings.sight(.shape, at: root.path, word: names.prefix(8).joined(separator: ","))
        return Fault(path: root.path, reason: "unrecognised shape")
    }
}

extension UInt8 {
    fileprivate var isLowerCaseLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self }
}

extension Channel {
    /// The vendor's six channels, by its words for them.
    init?(telesign word: String) {
        switch word {
        case "sms": self = .sms
        case "mms": self = .mms
        case "rcs": self = .rcs
        case "viber": self = .viber
        case "whatsapp": self = .whatsapp
        case "email": self = .email
        default: return nil
        }
    }
}

extension Telesign {
    /// What an inbound message looks like, whatever it is called.
    fileprivate enum Shape: String {
        case sms, mms, rcs, viber, whatsapp, email
        /// A text and nothing else: Viber, or RCS. RCS is documented to name itself, so it is taken for Viber.
        case text = "a bare text"
        /// A button or a keyword: RCS, or WhatsApp.
        case action = "a button or a keyword"

        /// Built on documented fields; that they tell, in this order, is inferred.
        init?(of root: Fields) {
            let content = root.objectIfAny("content")
            if root.objectIfAny("user_response") != nil {
                self = .sms
            } else if root.hasValue("waba_phone_number") {
                self = .whatsapp
            } else if root.has("rcs_sender_id") {
                self = .rcs
            } else if root.hasValue("email") {
                self = .email
            } else if let content, let shape = Shape(content: content) {
                self = shape
            } else {
                return nil
            }
        }

        private init?(content: Fields) {
            if MMS.isLike(content) {
                self = .mms
            } else if content.isText("type") {
                self = .whatsapp
            } else if content.hasValue("file") || content.hasValue("location") {
                self = .rcs
            } else if ["media", "file_name", "tracking_data", "original_reference_id"].contains(where: content.hasValue)
            {
                self = .viber
            } else if content.hasValue("text") {
                self = .text
            } else if let action = content.objectIfAny("end_user_action") {
                self = action.hasValue("event") || action.hasValue("template") ? .email : .action
            } else {
                return nil
            }
        }

        /// The channel that it is taken for where nothing else tells.
        var channel: Channel {
            switch self {
            case .text: .viber
            case .action: .unknown
            default: Channel(telesign: rawValue) ?? .unknown
            }
        }

        func fits(_ channel: Channel) -> Bool {
            switch self {
            case .text: channel == .viber || channel == .rcs
            case .action: channel == .rcs || channel == .whatsapp
            default: channel == self.channel
            }
        }
    }
}
