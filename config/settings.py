"""Settings, read top to bottom. What differs between places comes from the environment, named in `.env.example`."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Where everything generated lies, and what runs by itself when nothing is named.
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
DATABASE_URL = env("DATABASE_URL", default="")
REDIS_URL = env("REDIS_URL", default="") or embedded.redis_url(VAR_DIR)
IS_EMBEDDED = not DATABASE_URL

# Secrets have no default. With a database of one's own they must be given (checked at start); embedded ones are random.
SECRET_KEY = env("SECRET_KEY", default="") or (embedded.secret(VAR_DIR, "secret_key") if IS_EMBEDDED else "")
TOKEN_KEYS = env.list("TOKEN_KEYS", default=[]) or ([embedded.secret(VAR_DIR, "token_key")] if IS_EMBEDDED else [])

DEBUG = False
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
IS_HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "config",
    "accounts",
    "sla",
    "inbox",
    "insights",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "pgtrigger",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.chosen_language",
    "config.middleware.sign_in_again",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.gate.Gate",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
            "libraries": {"heroicons": "config.templatetags.icons"},
        },
    }
]

# Fields are drawn by templates/django: an empty choice says "Välj …".
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# PostgreSQL only: partial indexes, SKIP LOCKED and Swedish full text are relied on.
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL or embedded.database_url(VAR_DIR))}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}  # seconds; kept by the threads of `asgi.py`
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# Celery: the row is the truth, a message only a nudge, so nothing is stored and nothing is lost with Redis.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"inbox.tasks.poll_*": {"queue": "poll"}, "inbox.tasks.deliver_*": {"queue": "deliver"}}
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # What nobody took in time is not worth doing twice: the next tick asks for the same.
    "dispatch due polls": {
        "task": "inbox.tasks.dispatch_polls",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "deliver what waits": {
        "task": "inbox.tasks.deliver_all",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "let go what may not be kept": {"task": "inbox.tasks.purge_expired", "schedule": timedelta(minutes=5)},
    "let go what compared questions": {"task": "inbox.tasks.let_go_prints", "schedule": timedelta(hours=1)},
    "let go drafts": {"task": "inbox.tasks.purge_drafts", "schedule": timedelta(hours=1)},
    "questions to experts": {"task": "inbox.tasks.mail_questions", "schedule": timedelta(seconds=5)},
    "tell colleagues": {"task": "inbox.tasks.tell_colleagues", "schedule": timedelta(seconds=15)},
    "what is urgent": {"task": "inbox.tasks.send_alarms", "schedule": timedelta(seconds=15)},
    "notice sweep": {"task": "inbox.tasks.sweep_notices", "schedule": timedelta(seconds=60)},
    "check the links": {"task": "inbox.tasks.check_links", "schedule": crontab(hour="2", minute="50")},
    "check the audit trail": {"task": "accounts.tasks.check_trail", "schedule": crontab(hour="3", minute="20")},
    "watch topics": {"task": "accounts.tasks.watch_topics", "schedule": timedelta(minutes=10)},
    "wake what has rested": {"task": "inbox.tasks.wake_rested", "schedule": timedelta(seconds=30)},
    "go on moving deadlines": {"task": "inbox.tasks.move_deadlines", "schedule": timedelta(seconds=60)},
    "read what was pushed": {"task": "inbox.tasks.poll_what_was_pushed", "schedule": timedelta(seconds=30)},
    "let go deliveries": {"task": "inbox.tasks.purge_deliveries", "schedule": timedelta(hours=1)},
    "pass on what is left": {"task": "inbox.tasks.pass_on", "schedule": timedelta(seconds=60)},
    "watch the channels": {"task": "inbox.tasks.watch_channels", "schedule": timedelta(seconds=60)},
    "digests": {"task": "inbox.tasks.send_digests", "schedule": timedelta(seconds=60)},
    "count finished weeks": {"task": "insights.tasks.count_finished_weeks", "schedule": timedelta(seconds=60)},
    "mail reports": {"task": "insights.tasks.mail_reports", "schedule": timedelta(minutes=5)},
    "count for everybody": {"task": "insights.tasks.count_for_everybody", "schedule": timedelta(minutes=20)},
    "note a tick": {
        "task": "insights.tasks.note_tick",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "check the counts": {"task": "insights.tasks.check_counts", "schedule": crontab(hour="3", minute="40")},
}

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.Users",
    "accounts.backends.UsersByMail",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"  # nobody signs up by themselves
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can sign up, so nobody is invited to
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS  # browsers themselves allow keys without HTTPS on localhost alone
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=False)  # of everybody who does not come by the municipality's sign-in
SOCIALACCOUNT_PROVIDERS = {}
SOCIALACCOUNT_ADAPTER = "accounts.oidc.SocialAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False  # somebody may have a user of the municipality's and one for emergencies
OIDC_ROLES = env("OIDC_ROLES", default="")  # group=role@department; group=role
OIDC_GROUPS_CLAIM = env("OIDC_GROUPS_CLAIM", default="groups")
FORM_TARGETS = [SELF]
if OIDC_SERVER_URL := env("OIDC_SERVER_URL", default=""):
    municipality_sign_in = {
        "provider_id": "oidc",
        "name": env("OIDC_NAME", default="Kommunens inloggning"),
        "client_id": env("OIDC_CLIENT_ID"),
        "secret": env("OIDC_CLIENT_SECRET"),
        "settings": {"server_url": OIDC_SERVER_URL},
    }
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"APPS": [municipality_sign_in]}
    FORM_TARGETS.append("{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL)))  # the form leads on to there
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox:list"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {"default-src": [SELF], "frame-ancestors": [NONE], "base-uri": [SELF], "form-action": FORM_TARGETS}
}

# Language and time: Swedish first; stored in UTC, shown in the municipality's own time.
LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Svenska")), ("en", _("Engelska"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Mail: to a folder under VAR_DIR until an address is named.
EMAIL_URL = env("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Gensvar <gensvar@localhost>")

# The platforms: roots without a path, so that a connector can be pointed at any faithful server.
PLATFORM_URLS = {
    "twitter": env("TWITTER_API_URL", default="https://api.x.com"),
    "facebook": env("FACEBOOK_GRAPH_URL", default="https://graph.facebook.com"),
    "instagram": env("INSTAGRAM_GRAPH_URL", default="https://graph.facebook.com"),
    "youtube": env("YOUTUBE_API_URL", default="https://youtube.googleapis.com"),
    "linkedin": env("LINKEDIN_API_URL", default="https://api.linkedin.com"),
}
GOOGLE_TOKEN_URL = env("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token")
# LinkedIn refreshes tokens on the host where people let us in; a server that stands in for it does both by itself.
LINKEDIN_TOKEN_URL = (
    env("LINKEDIN_OAUTH_URL", default=f"{env('LINKEDIN_API_URL', default='https://www.linkedin.com')}/oauth/v2")
    + "/accessToken"
)
LINKEDIN_ENABLED = env.bool("LINKEDIN_ENABLED", default=False)  # whether pages offer it; see docs/platforms.md
PLATFORM_VERSIONS = {
    "facebook": env("GRAPH_VERSION", default="v26.0"),
    "instagram": env("GRAPH_VERSION", default="v26.0"),
    "linkedin": env("LINKEDIN_VERSION", default="202609"),
}

# Where a person lets Gensvar in, and the app registered there: (id, secret), two empty texts without one.
PLATFORM_DIALOGS = {
    "twitter": env("TWITTER_AUTHORIZE_URL", default="https://x.com/i/oauth2/authorize"),
    "facebook": env("FACEBOOK_DIALOG_URL", default="https://www.facebook.com"),
    "instagram": env("FACEBOOK_DIALOG_URL", default="https://www.facebook.com"),
    "youtube": env("GOOGLE_AUTHORIZE_URL", default="https://accounts.google.com/o/oauth2/v2/auth"),
    "linkedin": env("LINKEDIN_OAUTH_URL", default="https://www.linkedin.com/oauth/v2"),
}
PLATFORM_APPS = {
    "twitter": (env("TWITTER_CLIENT_ID", default=""), env("TWITTER_CLIENT_SECRET", default="")),
    "facebook": (env("FACEBOOK_APP_ID", default=""), env("FACEBOOK_APP_SECRET", default="")),
    "instagram": (env("INSTAGRAM_APP_ID", default=""), env("INSTAGRAM_APP_SECRET", default="")),
    "youtube": (env("GOOGLE_CLIENT_ID", default=""), env("GOOGLE_CLIENT_SECRET", default="")),
    "linkedin": (env("LINKEDIN_CLIENT_ID", default=""), env("LINKEDIN_CLIENT_SECRET", default="")),
}

# With which X signs what it pushes: the app's API secret, which is not the OAuth 2.0 client's.
X_CONSUMER_SECRET = env("TWITTER_CONSUMER_SECRET", default="")

METRICS_TOKEN = env("METRICS_TOKEN", default="")  # of monitors; unset, they are let in from this machine alone

# Web push, for what is urgent and what somebody is made responsible for. Off without a key: any long random text.
PUSH_KEY = env("PUSH_KEY", default="")
PUSH_SERVICES = [
    "https://fcm.googleapis.com",
    "https://updates.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
]

MUNICIPALITY = env("MUNICIPALITY", default="Kommunen")  # the name in the page head and in notices

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"inbox": {"level": "INFO"}, "accounts": {"level": "INFO"}, "config": {"level": "INFO"}},
}
