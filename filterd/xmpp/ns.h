/* XML namespaces, in one place. */
#ifndef FILTERD_XMPP_NS_H
#define FILTERD_XMPP_NS_H

#define NS_CLIENT "jabber:client"
#define NS_COMPONENT "jabber:component:accept"                    /* XEP-0114 */
#define NS_STREAM "http://etherx.jabber.org/streams"
#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_PING "urn:xmpp:ping"                                   /* XEP-0199 */
#define NS_VERSION "jabber:iq:version"                            /* XEP-0092 */
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"     /* XEP-0030 */
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_DATA "jabber:x:data"                                   /* XEP-0004 */
#define NS_UPLOAD "urn:xmpp:http:upload:0"                        /* XEP-0363 */
#define NS_XHTML_IM "http://jabber.org/protocol/xhtml-im"         /* XEP-0071 */
#define NS_XHTML "http://www.w3.org/1999/xhtml"
#define NS_NICK "http://jabber.org/protocol/nick"                 /* XEP-0172 */
#define NS_OMEMO_OLD "eu.siacs.conversations.axolotl"             /* XEP-0384 */
#define NS_OMEMO "urn:xmpp:omemo:2"
#define NS_OPENPGP "urn:xmpp:openpgp:0"                           /* XEP-0373 */
#define NS_PGP_ENCRYPTED "jabber:x:encrypted"                     /* XEP-0027 */
#define NS_E2E "urn:ietf:params:xml:ns:xmpp-e2e"                  /* RFC 3923 */
#define NS_EME "urn:xmpp:eme:0"                                   /* XEP-0380 */
#define NS_IBB "http://jabber.org/protocol/ibb"                   /* XEP-0047 */
#define NS_SI "http://jabber.org/protocol/si"                     /* XEP-0095 */
#define NS_BYTESTREAMS "http://jabber.org/protocol/bytestreams"   /* XEP-0065 */
#define NS_JINGLE "urn:xmpp:jingle:1"                             /* XEP-0166 */
#define NS_JINGLE_FT_PREFIX "urn:xmpp:jingle:apps:file-transfer:" /* XEP-0234 */
#define NS_BOB "urn:xmpp:bob"                                     /* XEP-0231 */
#define NS_PUBSUB "http://jabber.org/protocol/pubsub"             /* XEP-0060 */
#define NS_MUC "http://jabber.org/protocol/muc"                   /* XEP-0045 */
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_ADDRESS "http://jabber.org/protocol/address"           /* XEP-0033 */
#define NS_SID "urn:xmpp:sid:0"                                   /* XEP-0359 */
#define NS_DELAY "urn:xmpp:delay"                                 /* XEP-0203 */
#define NS_DIRECT_INVITE "jabber:x:conference"                    /* XEP-0249 */
#define NS_FALLBACK "urn:xmpp:fallback:0"                         /* XEP-0428 */
#define NS_FALLBACK_OLD "urn:xmpp:feature-fallback:0"               /* its name in drafts */
#define NS_REFERENCE "urn:xmpp:reference:0"                       /* XEP-0372 */
#define NS_REPLY "urn:xmpp:reply:0"                               /* XEP-0461 */
#define NS_CORRECT "urn:xmpp:message-correct:0"                   /* XEP-0308 */
#define NS_MARKUP "urn:xmpp:markup:0"                             /* XEP-0394 */
#define NS_INSPECT "urn:filterd:inspect:1"
#define NS_NOTICE "urn:filterd:notice:1"

#endif
