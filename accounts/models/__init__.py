"""People, departments, channels with their keys and surfaces, and the audit trail: one file an idea."""

from accounts.models.channels import CHECKLIST as CHECKLIST
from accounts.models.channels import Channel as Channel
from accounts.models.channels import Closing as Closing
from accounts.models.channels import Credential as Credential
from accounts.models.channels import DataDeletion as DataDeletion
from accounts.models.channels import Hashtag as Hashtag
from accounts.models.channels import Platform as Platform
from accounts.models.channels import Surface as Surface
from accounts.models.channels import Topic as Topic
from accounts.models.dialogues import Dialogue as Dialogue
from accounts.models.people import Department as Department
from accounts.models.people import Membership as Membership
from accounts.models.people import NoticeSettings as NoticeSettings
from accounts.models.people import Role as Role
from accounts.models.people import User as User
from accounts.models.roster import Baton as Baton
from accounts.models.roster import Shift as Shift
from accounts.models.rules import CENTRAL_AFTER_HOURS as CENTRAL_AFTER_HOURS
from accounts.models.rules import ApprovalRule as ApprovalRule
from accounts.models.rules import HouseRules as HouseRules
from accounts.models.rules import NeutralPeriod as NeutralPeriod
from accounts.models.trail import AUDIT_HASH as AUDIT_HASH
from accounts.models.trail import AUDIT_LOCK as AUDIT_LOCK
from accounts.models.trail import AuditEvent as AuditEvent
from accounts.models.trail import AuditSeal as AuditSeal
