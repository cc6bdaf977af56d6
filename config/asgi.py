"""What uvicorn serves."""

import os
import warnings

from django.core.asgi import get_asgi_application

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# WhiteNoise answers with open files; reading those synchronously is what it means to do.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

embedded.open_up()
application = get_asgi_application()
