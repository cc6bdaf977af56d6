"""Threads, conversations, items, reply cycles, and what is on its way out.

A foreign key has no index of its own (`db_index=False`) where another index begins with it, or where nobody looks that
way: each index is paid for with every comment that comes in.
"""

from inbox.models.approval import PendingReply as PendingReply
from inbox.models.batches import Batch as Batch
from inbox.models.changeover import Changeover as Changeover
from inbox.models.colleagues import HandOver as HandOver
from inbox.models.colleagues import HeadsUp as HeadsUp
from inbox.models.cycles import DeadlineChange as DeadlineChange
from inbox.models.cycles import DigestSent as DigestSent
from inbox.models.cycles import Notice as Notice
from inbox.models.cycles import PolicyChange as PolicyChange
from inbox.models.cycles import ReplyCycle as ReplyCycle
from inbox.models.decisions import CHANGES as CHANGES
from inbox.models.decisions import REPLIES as REPLIES
from inbox.models.decisions import Outgoing as Outgoing
from inbox.models.decisions import VerdictEvent as VerdictEvent
from inbox.models.items import Item as Item
from inbox.models.items import ItemVersion as ItemVersion
from inbox.models.items import UnreadableRecord as UnreadableRecord
from inbox.models.items import WebhookDelivery as WebhookDelivery
from inbox.models.lanes import BarrierReport as BarrierReport
from inbox.models.lanes import Exposure as Exposure
from inbox.models.lanes import FollowUp as FollowUp
from inbox.models.lanes import LaneChange as LaneChange
from inbox.models.lanes import LaneTexts as LaneTexts
from inbox.models.lanes import PassedOn as PassedOn
from inbox.models.lanes import SortingRule as SortingRule
from inbox.models.likeness import Print as Print
from inbox.models.moderation import GroundList as GroundList
from inbox.models.moderation import ModerationEvidence as ModerationEvidence
from inbox.models.phrases import Phrase as Phrase
from inbox.models.phrases import TemplateEdit as TemplateEdit
from inbox.models.places import Contact as Contact
from inbox.models.places import Conversation as Conversation
from inbox.models.places import Post as Post
from inbox.models.places import Thread as Thread
from inbox.models.pointing import LinkCheck as LinkCheck
from inbox.models.pointing import Responsibility as Responsibility
from inbox.models.presence import Presence as Presence
from inbox.models.push import PushSubscription as PushSubscription
from inbox.models.saved import SavedView as SavedView
from inbox.models.search import SearchEntry as SearchEntry
from inbox.models.spending import Spend as Spend
from inbox.models.texts import Draft as Draft
from inbox.models.texts import ExpertQuestion as ExpertQuestion
from inbox.models.texts import Note as Note
from inbox.models.texts import RedirectTarget as RedirectTarget
from inbox.models.texts import ReplyTemplate as ReplyTemplate
